"""Pseudo-glosses as a proxy for signs: how many of them are signed, and how much of what is signed they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sign2gpt.common.config import Config
from sign2gpt.data.segment import is_word
from sign2gpt.data.taggers import Tagged
from sign2gpt.evaluation.signs import EXACT, NOTHING, RELATED, Reading, Signs

Clip = tuple[Sequence[Tagged], str]
"""A sentence's words and its clip's glosses."""
LISTED = 30


class Part(Config):
    """Words of one part of speech, or of all; words and glosses count once in a sentence, ``glosses`` are all of them.

    A dropped part of speech has these figures too: they tell what keeping it would add.
    """

    kept: bool
    words: int
    signed: int
    named: int
    glosses: int

    @property
    def precision(self) -> float:
        """Share of the words that are signed, 0..1."""
        return self.signed / max(self.words, 1)

    @property
    def recall(self) -> float:
        """Share of the glosses that these words name, 0..1."""
        return self.named / max(self.glosses, 1)


class Missed(Config):
    """A gloss or pseudo-gloss that often has no counterpart in its sentence."""

    name: str
    sentences: int
    without: int


class Agreement(Config):
    """Under one reading: all pseudo-glosses, and each part of speech."""

    all: Part
    parts_of_speech: dict[str, Part]


class Proxy(Config):
    """What pseudo-glosses have in common with the glosses of ``sentences`` sentences.

    ``unnamed`` are glosses for which no pseudo-gloss stands, ``unsigned`` pseudo-glosses for which no gloss stands, in
    the reading that finds most: those that lack one most often. ``never_named`` and ``never_signed`` never have one.
    """

    sentences: int
    exact: Agreement
    related: Agreement
    unnamed: list[Missed]
    unsigned: list[Missed]
    never_named: list[Missed]
    never_signed: list[Missed]


@dataclass
class _Tally:
    """Words of one kind as the sentences go by."""

    kept: bool = False
    words: int = 0
    signed: int = 0
    named: int = 0

    def add(self, found: Sequence[frozenset[str]]) -> None:
        """The glosses that each of one sentence's words stands for."""
        self.words += len(found)
        self.signed += sum(map(bool, found))
        self.named += len(NOTHING.union(*found))


@dataclass
class _Seen:
    """How often each name came, and came without a counterpart."""

    sentences: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)

    def add(self, names: Iterable[str], met: frozenset[str]) -> None:
        there = set(names)
        self.sentences.update(there)
        self.without.update(there - met)

    def missed(self, never: bool) -> list[Missed]:
        """The most often missed; with ``never``, of those alone that were missed each time."""
        names = [name for name, count in self.without.items() if not never or count == self.sentences[name]]
        names.sort(key=lambda name: (-self.without[name], name))
        return [Missed(name=n, sentences=self.sentences[n], without=self.without[n]) for n in names[:LISTED]]


def proxy(clips: Sequence[Clip]) -> Proxy | None:
    """How pseudo-glosses and glosses agree in these clips; None where no clip has glosses.

    Of each sentence a word counts once, by its basic form and part of speech, and a gloss once.
    """
    sentences = [(_distinct(words), Signs(glosses)) for words, glosses in clips if glosses]
    if not sentences:
        return None
    glosses, words = _Seen(), _Seen()
    for tagged, signs in sentences:
        found = {word.gloss: signs.supporting(word, RELATED) for word in tagged if word.kept}
        glosses.add(signs.names, NOTHING.union(*found.values()))
        words.add(found, frozenset(name for name, supporting in found.items() if supporting))
    return Proxy(
        sentences=len(sentences),
        exact=_agreement(sentences, EXACT),
        related=_agreement(sentences, RELATED),
        unnamed=glosses.missed(never=False),
        unsigned=words.missed(never=False),
        never_named=glosses.missed(never=True),
        never_signed=words.missed(never=True),
    )


def _distinct(words: Sequence[Tagged]) -> list[Tagged]:
    """One word of each basic form and part of speech, without punctuation."""
    first: dict[tuple[str, str], Tagged] = {}
    for word in words:
        if is_word(word.word):
            first.setdefault((word.gloss, word.pos), word)
    return list(first.values())


def _agreement(sentences: Sequence[tuple[Sequence[Tagged], Signs]], reading: Reading) -> Agreement:
    together, parts = _Tally(kept=True), dict[str, _Tally]()
    for words, signs in sentences:
        found = [(word, signs.supporting(word._replace(kept=True), reading)) for word in words]  # as if all were kept
        together.add([glosses for word, glosses in found if word.kept])
        by_part: dict[str, list[frozenset[str]]] = {}
        for word, glosses in found:
            by_part.setdefault(word.pos, []).append(glosses)
            parts.setdefault(word.pos, _Tally()).kept |= word.kept
        for pos, supporting in by_part.items():
            parts[pos].add(supporting)
    total = sum(len(signs.names) for _, signs in sentences)
    ordered = sorted(parts.items(), key=lambda item: (not item[1].kept, -item[1].words, item[0]))
    return Agreement(all=_part(together, total), parts_of_speech={pos: _part(tally, total) for pos, tally in ordered})


def _part(tally: _Tally, glosses: int) -> Part:
    return Part(kept=tally.kept, words=tally.words, signed=tally.signed, named=tally.named, glosses=glosses)
