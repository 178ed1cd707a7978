"""Translates a German sentence of the weather report into signs: the reverse of `sentences`.

Words are looked up as the longest phrases of `weather`; then each clause is put into sign order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from sign2gpt.common.errors import UserError
from sign2gpt.common.text import normalised
from sign2gpt.signing.language import weather
from sign2gpt.signing.language.weather import Phrase
from sign2gpt.signing.script import NEGATIONS, Script

_WORD = re.compile(r"[^\W_]+")


class SignOrder(IntEnum):
    """The position of a phrase in its clause in sign order."""

    LINK = 0
    TIME = 1
    PLACE = 2
    WHAT = 3
    QUALITY = 4
    VERB = 5
    ORIGIN = 6
    DEGREES = 7
    HOW = 8


@dataclass(frozen=True)
class KnownPhrase:
    """A phrase of the weather report; one without glosses is spoken but not signed."""

    glosses: tuple[str, ...]
    order: SignOrder
    finite: bool = False
    """Whether this is a finite verb: a German clause has one."""


@dataclass(frozen=True)
class Reading:
    """A sentence as signs; ``left_out`` are its words that are not in the weather report."""

    script: Script
    left_out: tuple[str, ...]


def read_german(text: str) -> Reading:
    """Reads a sentence of the weather report; articles, prepositions and copulas are not signed.

    >>> read_german("Morgen regnet es im Norden").script.glosses
    ('MORGEN', 'NORDEN', 'REGNEN')

    Raises:
        UserError: none of its words is known.
    """
    parts, left_out = _looked_up(_WORD.findall(normalised(text).lower()))
    marks = [mark for clause in _clauses(parts) for mark in _signed(clause)]
    if not marks:
        raise UserError("no word of this is in the weather report; write e.g. 'morgen regnet es im norden'")
    asks = text.rstrip().endswith("?") or parts[0].finite
    glosses, negation = zip(*marks, strict=True)
    return Reading(Script(text.strip(), glosses, english="", question=asks, negation=negation), left_out)


def _looked_up(words: list[str]) -> tuple[list[KnownPhrase], tuple[str, ...]]:
    """The longest known phrases, in order, and the unknown words."""
    known, parts, left_out, start = _phrases(), [], [], 0
    longest = max(map(len, known))
    while start < len(words):
        ends = range(min(start + longest, len(words)), start, -1)
        end = next((end for end in ends if tuple(words[start:end]) in known), None)
        if end is None:
            left_out.append(words[start])
        else:
            parts.append(known[tuple(words[start:end])])
        start = end or start + 1
    return parts, tuple(left_out)


def _clauses(parts: Iterable[KnownPhrase]) -> Iterator[list[KnownPhrase]]:
    """A link begins a clause, and so does a second place if there is no verb: `im norden regen im süden sonne`."""
    clause: list[KnownPhrase] = []
    for part in parts:
        second = part.order is SignOrder.PLACE and any(other.order is SignOrder.PLACE for other in clause)
        if part.order is SignOrder.LINK or (second and not any(other.finite for other in clause)):
            yield clause
            clause = []
        clause.append(part)
    yield clause


def _signed(clause: list[KnownPhrase]) -> list[tuple[str, bool]]:
    """The glosses of a clause in sign order, with negation; a place that is spoken before the time is pointed at.

    `und` is signed if it joins clauses with verbs, but not between degrees.
    """
    joined = any(part.finite for part in clause)
    signed = [part for part in clause if part.glosses and (joined or part.glosses != ("UND",))]
    spoken = [part.order for part in signed]
    both = {SignOrder.TIME, SignOrder.PLACE} <= set(spoken)
    topic = both and spoken.index(SignOrder.PLACE) < spoken.index(SignOrder.TIME)
    negated = any(not NEGATIONS.isdisjoint(part.glosses) for part in signed)
    marks: list[tuple[str, bool]] = []
    for part in sorted(signed, key=lambda part: part.order):
        glosses = (*part.glosses, "IX") if topic and part.order is SignOrder.PLACE else part.glosses
        marks += [(gloss, negated and part.order > SignOrder.PLACE) for gloss in glosses]
    return marks


@cache
def _phrases() -> dict[tuple[str, ...], KnownPhrase]:
    """Every phrase of the weather report by its words."""
    known: dict[str, KnownPhrase] = {}

    def add(order: SignOrder, phrases: Iterable[Phrase], finite: bool = False) -> None:
        known.update({phrase.german: KnownPhrase(phrase.glosses, order, finite) for phrase in phrases})

    add(SignOrder.WHAT, [*_named(_SILENT, signed=False)])
    add(SignOrder.WHAT, [*_named(_COPULAS, signed=False)], finite=True)
    add(SignOrder.VERB, _named(_VERBS), finite=True)
    add(SignOrder.WHAT, [*_named(_NOUNS), *weather.STATES, *weather.COMPARATIVES])
    add(SignOrder.WHAT, [Phrase((thing.gloss,), thing.german, "") for thing in [*weather.THINGS, weather.SUN]])
    add(SignOrder.WHAT, _named("regnet REGNEN schneit SCHNEIEN"), finite=True)
    add(SignOrder.QUALITY, _inflected())
    add(SignOrder.HOW, [*weather.ADVERBS, *weather.STRENGTHS, *_named("keine KEIN keinen KEIN kein KEIN")])
    add(SignOrder.HOW, [weather.HOW], finite=True)
    add(SignOrder.DEGREES, [*weather.NUMBERS, *_named("bis BIS grad GRAD minus MINUS")])
    add(SignOrder.TIME, [*weather.WEEKDAYS, *weather.MONTHS, *weather.DAYS, *weather.PARTS, *weather.MOMENTS])
    add(SignOrder.PLACE, weather.REGIONS)
    add(SignOrder.ORIGIN, weather.ORIGINS)
    add(SignOrder.LINK, [*weather.ADVERBIAL_LINKS, *weather.CONJUNCTIONS, weather.NOW, *weather.WISHES])
    return {tuple(german.split()): part for german, part in known.items()}


_SILENT = "es der die das den dem ein eine einen einem im in am an aus auf für vom von zum zur"
_COPULAS = "ist gibt wird werden weht scheint"
_NOUNS = "wind WIND temperatur TEMPERATUR hoch HOCH tief TIEF"
_VERBS = (
    "bleibt BLEIBEN fällt FALLEN kommt KOMMEN kommen KOMMEN verschwindet VERSCHWINDEN verschwinden VERSCHWINDEN "
    "steigt STEIGEN sinkt SINKEN"
)


def _named(table: str, *, signed: bool = True) -> list[Phrase]:
    """Words, each followed by its gloss; without ``signed``, words only."""
    words = table.split()
    if not signed:
        return [Phrase((), word, "") for word in words]
    return [Phrase((gloss,), word, "") for word, gloss in zip(words[::2], words[1::2], strict=True)]


def _inflected() -> list[Phrase]:
    """Adjectives before nouns; `stark` without an ending describes the wind instead."""
    endings = ("", "e", "er", "en")
    return [Phrase(what.glosses, what.german + ending, "") for what in weather.QUALITIES.values() for ending in endings]
