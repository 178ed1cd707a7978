"""Words that no gloss of their clip supports: how many the references have, what they are worth in BLEU, and how many
of a system's matches contain one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.table import Table

from sign2gpt.common.config import Config
from sign2gpt.common.text import titled
from sign2gpt.data.glosses.taggers import Tagged, Tagger
from sign2gpt.data.segment import is_word, unspaced
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.words.alignment import character_marks, marked_matches, ngrams, token_marks, without
from sign2gpt.evaluation.words.signs import EXACT, RELATED, Reading, SignedGlosses
from sign2gpt.metrics.bleu import ORDERS, bleu_tokens
from sign2gpt.metrics.protocols import Protocol, protocol
from sign2gpt.metrics.scores import Score


class UnsupportedCount(Config):
    """A number of words or n-grams, and how many of them are or contain a word that no gloss supports."""

    all: int
    unsupported: int

    @property
    def share(self) -> float:
        """Of the unsupported ones, 0..1."""
        return self.unsupported / max(self.all, 1)


class ReadingSupport(Config):
    """What glosses support under one reading.

    ``ceiling`` has the scores of the references without their unsupported words: of a system that writes all that is
    signed, and nothing else. ``matching_words`` are in both hypothesis and reference, in any order; ``matching_ngrams``
    are the matches that BLEU counts, from one token to four. Both are None without hypotheses.
    """

    words: UnsupportedCount
    parts_of_speech: dict[str, UnsupportedCount]
    ceiling: dict[str, Score]
    matching_words: UnsupportedCount | None
    matching_ngrams: list[UnsupportedCount] | None


class Support(Config):
    """Words with and without a gloss, in the ``sentences`` whose clips have glosses."""

    tagger: str
    sentences: int
    exact: ReadingSupport
    related: ReadingSupport


@dataclass(frozen=True)
class MarkedSentence:
    """A sentence, its words without punctuation, and which of them no gloss supports."""

    text: str
    words: Sequence[Tagged]
    unsupported: Sequence[bool]

    @property
    def characters(self) -> list[bool]:
        """Which characters belong to an unsupported word."""
        return character_marks(self.text, [word.word for word in self.words], self.unsupported)


def support(
    references: Sequence[str],
    glosses: Sequence[str | None],
    hypotheses: Sequence[str] | None,
    tagger: Tagger,
    config: EvaluationConfig,
    seed: int,
) -> Support | None:
    """Which words of these sentences the glosses support; None if no clip has glosses."""
    known = [place for place, signed in enumerate(glosses) if signed and references[place].strip()]
    if not known:
        return None
    texts = [references[place] for place in known]
    signs = [SignedGlosses(glosses[place] or "") for place in known]
    written = None if hypotheses is None else [hypotheses[place] for place in known]
    words = _words(texts, tagger)
    written_words = None if written is None else _words(written, tagger)

    def read(reading: Reading) -> ReadingSupport:
        marked = [
            MarkedSentence(text, tagged, [not signed.supporting(word, reading) for word in tagged])
            for text, tagged, signed in zip(texts, words, signs, strict=True)
        ]
        return ReadingSupport(
            words=_count(_marks(marked)),
            parts_of_speech=_parts_of_speech(marked),
            ceiling=config.score([without(s.text, s.characters) for s in marked], texts, seed).scores,
            matching_words=None if written_words is None else _matching_words(marked, written_words),
            matching_ngrams=None if written is None else _matching_ngrams(marked, written, protocol(config.protocol)),
        )

    return Support(
        tagger=f"{tagger.name} {tagger.version}", sentences=len(known), exact=read(EXACT), related=read(RELATED)
    )


def _words(texts: Sequence[str], tagger: Tagger) -> list[list[Tagged]]:
    """Each text's words, without punctuation."""
    return [[word for word in tagged if is_word(word.word)] for tagged in tagger.tag(map(unspaced, texts))]


def _marks(sentences: Iterable[MarkedSentence]) -> Iterator[bool]:
    return (mark for sentence in sentences for mark in sentence.unsupported)


def _parts_of_speech(sentences: Sequence[MarkedSentence]) -> dict[str, UnsupportedCount]:
    """The most frequent first."""
    marks: dict[str, list[bool]] = {}
    for sentence in sentences:
        for word, mark in zip(sentence.words, sentence.unsupported, strict=True):
            marks.setdefault(word.pos, []).append(mark)
    return {pos: _count(marks[pos]) for pos in sorted(marks, key=lambda pos: (-len(marks[pos]), pos))}


def _matching_words(sentences: Sequence[MarkedSentence], written: Sequence[Sequence[Tagged]]) -> UnsupportedCount:
    return _summed(
        marked_matches(
            zip((word.word.lower() for word in s.words), s.unsupported, strict=True),
            (word.word.lower() for word in answer),
        )
        for s, answer in zip(sentences, written, strict=True)
    )


def _matching_ngrams(
    sentences: Sequence[MarkedSentence], written: Sequence[str], chosen: Protocol
) -> list[UnsupportedCount]:
    """For each order, the matches that BLEU counts under the protocol, and those that contain an unsupported word."""
    sides: list[tuple[list[str], list[bool], list[str]]] = []
    for sentence, answer in zip(sentences, written, strict=True):
        wanted, got = (bleu_tokens(chosen.prepare(text), chosen.tokenize) for text in (sentence.text, answer))
        sides.append((wanted, token_marks(wanted, sentence.text, sentence.characters), got))
    return [
        _summed(
            marked_matches(
                zip(ngrams(wanted, order), map(any, ngrams(marks, order)), strict=True),
                ngrams(got, order),
            )
            for wanted, marks, got in sides
        )
        for order in range(1, ORDERS + 1)
    ]


def _count(marks: Iterable[bool]) -> UnsupportedCount:
    counts = Counter(marks)
    return UnsupportedCount(all=counts.total(), unsupported=counts[True])


def _summed(counts: Iterable[tuple[int, int]]) -> UnsupportedCount:
    matched, unsupported = map(sum, zip(*counts, strict=True))
    return UnsupportedCount(all=matched, unsupported=unsupported)


READINGS: dict[Reading, str] = {EXACT: "no equal gloss", RELATED: "no related gloss"}


def support_table(found: Support) -> Group:
    """The share of unsupported words under both readings; the last row has the scores without these words."""
    title = f"words that no gloss supports, {found.sentences:,} sentences with glosses"
    table = Table(box=None, header_style="bold")
    table.add_column("", no_wrap=True)
    for name in ("of", *READINGS.values()):
        table.add_column(name, justify="right")
    for name, (number, *shares) in support_rows(found).items():
        table.add_row(name, number, *shares)
    return titled(title, table)


def support_rows(found: Support) -> dict[str, list[str]]:
    """The name of each row, the number counted, and for each reading the unsupported share in %, or a score."""
    sides = (found.exact, found.related)
    counts = {"words of the references": [side.words for side in sides]}
    counts |= {f"  {pos}": [side.parts_of_speech[pos] for side in sides] for pos in found.exact.parts_of_speech}
    if found.exact.matching_words and found.related.matching_words:
        counts["correct words of the hypotheses"] = [found.exact.matching_words, found.related.matching_words]
    orders = zip(found.exact.matching_ngrams or (), found.related.matching_ngrams or (), strict=True)
    counts |= {f"matching {order}-grams": list(pair) for order, pair in enumerate(orders, start=1)}
    rows = {name: [f"{pair[0].all:,}", *(f"{100 * c.share:.1f}%" for c in pair)] for name, pair in counts.items()}
    ceilings = [f"{side.ceiling['bleu4'].score:.2f}" for side in sides]
    return rows | {"BLEU-4 of references without them": ["", *ceilings]}
