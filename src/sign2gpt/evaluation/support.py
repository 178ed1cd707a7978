"""How words that are not in the gloss come to be said: how many words of the references no gloss of their clip
supports, what they are worth in BLEU, and how many of a system's matches are made of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sign2gpt.common.config import Config
from sign2gpt.data.segment import is_word, unspaced
from sign2gpt.data.taggers import Tagged, Tagger
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.controls import take
from sign2gpt.evaluation.matches import character_marks, marked_matches, ngrams, token_marks, without
from sign2gpt.evaluation.signs import EXACT, RELATED, Reading, Signs
from sign2gpt.metrics.bleu import ORDERS, bleu_tokens
from sign2gpt.metrics.protocols import Protocol, protocol
from sign2gpt.metrics.scores import Score


class Count(Config):
    """Some words or n-grams, and how many of them are, or hold, a word that no gloss supports."""

    all: int
    unsupported: int

    @property
    def share(self) -> float:
        """Of the unsupported ones, 0..1."""
        return self.unsupported / max(self.all, 1)


class Supported(Config):
    """What glosses support under one reading.

    ``ceiling`` are the scores of the references without their unsupported words: of a system that says what is signed,
    all of it, and nothing else. ``matching_words`` are those that hypothesis and reference share, in any order;
    ``matching_ngrams`` the matches that BLEU counts, from one token to four. Both are absent without hypotheses.
    """

    words: Count
    parts_of_speech: dict[str, Count]
    ceiling: dict[str, Score]
    matching_words: Count | None
    matching_ngrams: list[Count] | None


class Support(Config):
    """Words with and without a gloss, of the ``sentences`` whose clips have glosses."""

    tagger: str
    sentences: int
    exact: Supported
    related: Supported


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
    """What the glosses support of these sentences; None where no clip has any, with a sentence."""
    known = [place for place, signed in enumerate(glosses) if signed and references[place].strip()]
    if not known:
        return None
    texts = [references[place] for place in known]
    signs = [Signs(glosses[place] or "") for place in known]
    said = None if hypotheses is None else [hypotheses[place] for place in known]
    words = _words(texts, tagger)
    said_words = None if said is None else _words(said, tagger)

    def read(reading: Reading) -> Supported:
        marked = [
            MarkedSentence(text, tagged, [not signed.supporting(word, reading) for word in tagged])
            for text, tagged, signed in zip(texts, words, signs, strict=True)
        ]
        return Supported(
            words=_count(_marks(marked)),
            parts_of_speech=_parts_of_speech(marked),
            ceiling=take([without(s.text, s.characters) for s in marked], texts, config, seed).scores,
            matching_words=None if said_words is None else _matching_words(marked, said_words),
            matching_ngrams=None if said is None else _matching_ngrams(marked, said, protocol(config.protocol)),
        )

    return Support(
        tagger=f"{tagger.name} {tagger.version}", sentences=len(known), exact=read(EXACT), related=read(RELATED)
    )


def _words(texts: Sequence[str], tagger: Tagger) -> list[list[Tagged]]:
    """Each text's words, without punctuation."""
    return [[word for word in tagged if is_word(word.word)] for tagged in tagger.tag(map(unspaced, texts))]


def _marks(sentences: Iterable[MarkedSentence]) -> Iterator[bool]:
    return (mark for sentence in sentences for mark in sentence.unsupported)


def _parts_of_speech(sentences: Sequence[MarkedSentence]) -> dict[str, Count]:
    """The most frequent first."""
    marks: dict[str, list[bool]] = {}
    for sentence in sentences:
        for word, mark in zip(sentence.words, sentence.unsupported, strict=True):
            marks.setdefault(word.pos, []).append(mark)
    return {pos: _count(marks[pos]) for pos in sorted(marks, key=lambda pos: (-len(marks[pos]), pos))}


def _matching_words(sentences: Sequence[MarkedSentence], said: Sequence[Sequence[Tagged]]) -> Count:
    return _summed(
        marked_matches(
            zip((word.word.lower() for word in s.words), s.unsupported, strict=True),
            (word.word.lower() for word in answer),
        )
        for s, answer in zip(sentences, said, strict=True)
    )


def _matching_ngrams(sentences: Sequence[MarkedSentence], said: Sequence[str], chosen: Protocol) -> list[Count]:
    """Of each order the matches that BLEU counts under the protocol, and those with an unsupported word in them."""
    sides: list[tuple[list[str], list[bool], list[str]]] = []
    for sentence, answer in zip(sentences, said, strict=True):
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


def _count(marks: Iterable[bool]) -> Count:
    counts = Counter(marks)
    return Count(all=counts.total(), unsupported=counts[True])


def _summed(counts: Iterable[tuple[int, int]]) -> Count:
    matched, unsupported = map(sum, zip(*counts, strict=True))
    return Count(all=matched, unsupported=unsupported)
