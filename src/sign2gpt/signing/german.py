"""From a German sentence of the weather report to its signs: `sentences`, the other way round.

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
from sign2gpt.signing import weather
from sign2gpt.signing.script import NEGATIONS, Script
from sign2gpt.signing.weather import Phrase

_WORD = re.compile(r"[^\W_]+")


class Place(IntEnum):
    """Where a part of a clause stands in sign order."""

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
class Part:
    """Words that were looked up together; without glosses they are said but not signed."""

    glosses: tuple[str, ...]
    place: Place
    finite: bool = False
    """Whether this is a verb that a German clause has one of."""


@dataclass(frozen=True)
class Reading:
    """A sentence as signs; ``left_out`` are its words that the weather report does not have."""

    script: Script
    left_out: tuple[str, ...]


def read_german(text: str) -> Reading:
    """Reads a sentence of the weather report; articles, prepositions and copulas are not signed.

    >>> read_german("Morgen regnet es im Norden").script.glosses
    ('MORGEN', 'NORDEN', 'REGNEN')

    Raises:
        UserError: no word of it is known.
    """
    parts, left_out = _looked_up(_WORD.findall(normalised(text).lower()))
    marks = [mark for clause in _clauses(parts) for mark in _signed(clause)]
    if not marks:
        raise UserError("no word of this is in the weather report; write such as 'morgen regnet es im norden'")
    asks = text.rstrip().endswith("?") or parts[0].finite
    glosses, negation = zip(*marks, strict=True)
    return Reading(Script(text.strip(), glosses, english="", question=asks, negation=negation), left_out)


def _looked_up(words: list[str]) -> tuple[list[Part], tuple[str, ...]]:
    """The longest phrases that are known, in their order, and the words that are not."""
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


def _clauses(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """A link begins a clause, and so does a second place where none has a verb: `im norden regen im süden sonne`."""
    clause: list[Part] = []
    for part in parts:
        second = part.place is Place.PLACE and any(other.place is Place.PLACE for other in clause)
        if part.place is Place.LINK or (second and not any(other.finite for other in clause)):
            yield clause
            clause = []
        clause.append(part)
    yield clause


def _signed(clause: list[Part]) -> list[tuple[str, bool]]:
    """The glosses of a clause in sign order, and at which the head shakes; a place said before its time is pointed at.

    `und` is a sign where it joins clauses with verbs, and none between degrees.
    """
    joined = any(part.finite for part in clause)
    signed = [part for part in clause if part.glosses and (joined or part.glosses != ("UND",))]
    places = [part.place for part in signed]
    topic = {Place.TIME, Place.PLACE} <= set(places) and places.index(Place.PLACE) < places.index(Place.TIME)
    negated = any(not NEGATIONS.isdisjoint(part.glosses) for part in signed)
    marks: list[tuple[str, bool]] = []
    for part in sorted(signed, key=lambda part: part.place):
        glosses = (*part.glosses, "IX") if topic and part.place is Place.PLACE else part.glosses
        marks += [(gloss, negated and part.place > Place.PLACE) for gloss in glosses]
    return marks


@cache
def _phrases() -> dict[tuple[str, ...], Part]:
    """Every phrase of the weather report by its words."""
    known: dict[str, Part] = {}

    def add(place: Place, phrases: Iterable[Phrase], finite: bool = False) -> None:
        known.update({phrase.german: Part(phrase.glosses, place, finite) for phrase in phrases})

    add(Place.WHAT, [*_named(_SILENT, signed=False)])
    add(Place.WHAT, [*_named(_COPULAS, signed=False)], finite=True)
    add(Place.VERB, _named(_VERBS), finite=True)
    add(Place.WHAT, [*_named(_NOUNS), *weather.STATES, *weather.COMPARATIVES])
    add(Place.WHAT, [Phrase((thing.gloss,), thing.german, "") for thing in [*weather.THINGS, weather.SUN]])
    add(Place.WHAT, _named("regnet REGNEN schneit SCHNEIEN"), finite=True)
    add(Place.QUALITY, _inflected())
    add(Place.HOW, [*weather.ADVERBS, *weather.STRENGTHS, *_named("keine KEIN keinen KEIN kein KEIN")])
    add(Place.HOW, [weather.HOW], finite=True)
    add(Place.DEGREES, [*weather.NUMBERS, *_named("bis BIS grad GRAD minus MINUS")])
    add(Place.TIME, [*weather.WEEKDAYS, *weather.MONTHS, *weather.DAYS, *weather.PARTS, *weather.MOMENTS])
    add(Place.PLACE, weather.REGIONS)
    add(Place.ORIGIN, weather.ORIGINS)
    add(Place.LINK, [*weather.ADVERBIAL_LINKS, *weather.CONJUNCTIONS, weather.NOW, *weather.WISHES])
    return {tuple(german.split()): part for german, part in known.items()}


_SILENT = "es der die das den dem ein eine einen einem im in am an aus auf für vom von zum zur"
_COPULAS = "ist gibt wird werden weht scheint"
_NOUNS = "wind WIND temperatur TEMPERATUR hoch HOCH tief TIEF"
_VERBS = (
    "bleibt BLEIBEN fällt FALLEN kommt KOMMEN kommen KOMMEN verschwindet VERSCHWINDEN verschwinden VERSCHWINDEN "
    "steigt STEIGEN sinkt SINKEN"
)


def _named(table: str, *, signed: bool = True) -> list[Phrase]:
    """Words each with its gloss, or words alone."""
    words = table.split()
    if not signed:
        return [Phrase((), word, "") for word in words]
    return [Phrase((gloss,), word, "") for word, gloss in zip(words[::2], words[1::2], strict=True)]


def _inflected() -> list[Phrase]:
    """Adjectives before nouns; without an ending `stark` says how the wind blows instead."""
    endings = ("", "e", "er", "en")
    return [Phrase(what.glosses, what.german + ending, "") for what in weather.QUALITIES.values() for ending in endings]
