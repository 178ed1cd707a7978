"""Pseudo-glosses as a proxy for glosses: precision and recall, over all words and by part of speech."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sign2gpt.common.config import Config
from sign2gpt.data.glosses.taggers import Tagged
from sign2gpt.data.segment import is_word
from sign2gpt.evaluation.words.signs import EXACT, NOTHING, RELATED, Reading, SignedGlosses

Clip = tuple[Sequence[Tagged], str]
"""A sentence's words and its clip's glosses."""
LISTED = 30


class GlossPart(Config):
    """Words of one part of speech, or all; each word and gloss counts once per sentence, ``glosses`` are all glosses.

    Dropped parts of speech have these counts as well, to show what keeping them would add.
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
    """A gloss or pseudo-gloss that often has no match in its sentence."""

    name: str
    sentences: int
    without: int


class Agreement(Config):
    """Under one reading: all pseudo-glosses, and each part of speech."""

    all: GlossPart
    parts_of_speech: dict[str, GlossPart]


class Proxy(Config):
    """How far pseudo-glosses and glosses match in ``sentences`` sentences.

    ``unnamed`` are the glosses that most often have no matching pseudo-gloss, ``unsigned`` the pseudo-glosses that most
    often have no matching gloss, under the wider reading. ``never_named`` and ``never_signed`` never have a match.
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
    """Counts of the words of one kind."""

    kept: bool = False
    words: int = 0
    signed: int = 0
    named: int = 0

    def add(self, found: Sequence[frozenset[str]]) -> None:
        """Adds one sentence: ``found`` has the glosses that match each of its words."""
        self.words += len(found)
        self.signed += sum(map(bool, found))
        self.named += len(NOTHING.union(*found))


@dataclass
class _Seen:
    """How often each name occurs, and occurs without a match."""

    sentences: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)

    def add(self, names: Iterable[str], met: frozenset[str]) -> None:
        there = set(names)
        self.sentences.update(there)
        self.without.update(there - met)

    def missed(self, never: bool) -> list[Missed]:
        """The names without a match most often; with ``never``, only those that never have one."""
        names = [name for name, count in self.without.items() if not never or count == self.sentences[name]]
        names.sort(key=lambda name: (-self.without[name], name))
        return [Missed(name=n, sentences=self.sentences[n], without=self.without[n]) for n in names[:LISTED]]


def proxy(clips: Sequence[Clip]) -> Proxy | None:
    """How far pseudo-glosses and glosses match in these clips; None where no clip has glosses.

    In each sentence a word counts once by its basic form and part of speech, and a gloss counts once.
    """
    sentences = [(_distinct(words), SignedGlosses(glosses)) for words, glosses in clips if glosses]
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


def _agreement(sentences: Sequence[tuple[Sequence[Tagged], SignedGlosses]], reading: Reading) -> Agreement:
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


def _part(tally: _Tally, glosses: int) -> GlossPart:
    return GlossPart(kept=tally.kept, words=tally.words, signed=tally.signed, named=tally.named, glosses=glosses)
