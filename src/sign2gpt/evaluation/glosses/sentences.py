"""The gloss report's sentences: the class of each word, and the glosses of the clip that it matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.glosses.pseudo_glosses import PseudoGlosses
from sign2gpt.data.glosses.taggers import Tagged, Tagger
from sign2gpt.data.segment import is_word
from sign2gpt.evaluation.report.html import Section
from sign2gpt.evaluation.words.signs import EXACT, NOTHING, RELATED, SignedGlosses

SHOWN = 300


@dataclass(frozen=True)
class Fate:
    """A class of words or of glosses: its name in the style sheet, how it looks, and what it means."""

    style: str
    example: str
    meaning: str


TARGET = Fate("target", "a solid line", "a pseudo-gloss of the vocabulary; its basic form is above it")
TOO_FREQUENT = Fate("frequent", "a double line", "excluded: in too many sentences")
UNSEEN = Fate("unseen", "a dotted line", "excluded: not in the sentences that the vocabulary was built from")
DROPPED = Fate("dropped", "no line", "excluded by its part of speech, whose universal tag is above it")
NAMED = Fate("named", "framed", "a gloss equal to a pseudo-gloss")
AKIN = Fate(
    "akin",
    "framed with dashes",
    "a gloss related to a pseudo-gloss: same first letters, or in Chinese one contains the other",
)
UNNAMED = Fate("unnamed", "not framed", "a gloss without a matching pseudo-gloss")

WORDS, GLOSSES = (TARGET, TOO_FREQUENT, UNSEEN, DROPPED), (NAMED, AKIN, UNNAMED)


@dataclass(frozen=True)
class MarkedWord:
    """A word or gloss in its style, which punctuation lacks; ``above`` is printed above it in small type."""

    text: str
    style: str = ""
    above: str = ""


@dataclass(frozen=True)
class ShownSentence:
    """A sentence of the page, and its clip's glosses where they are known."""

    split: str
    id: str
    words: Sequence[MarkedWord]
    glosses: Sequence[MarkedWord]


def shown_sentences(corpus: Corpus, made: PseudoGlosses, tagger: Tagger, seed: int) -> Section:
    """A section with a random sample of the sentences, in the order of the corpus."""
    rows = [row for split in corpus.splits for row in corpus.rows(split)]
    sampled = sorted(draw(seed, "gloss report").sample(range(len(rows)), min(SHOWN, len(rows))))
    chosen = [rows[index] for index in sampled]
    fates = dict.fromkeys(made.vocabulary, TARGET) | dict.fromkeys(made.too_frequent, TOO_FREQUENT)
    tagged = tagger.tag(row.text for row in chosen)
    rule = f"All {len(rows):,} sentences."
    if len(chosen) < len(rows):
        rule = f"{len(chosen)} of {len(rows):,} sentences of all splits, sampled with seed {seed}, in corpus order."
    facts = {
        "language": corpus.info.language,
        "rule": rule,
        "word_fates": WORDS,
        "gloss_fates": GLOSSES if any(row.glosses for row in chosen) else (),
        "sentences": [_sentence(row, words, fates) for row, words in zip(chosen, tagged, strict=True)],
    }
    return Section("sentences", "Sentences", facts)


def _sentence(row: ClipRow, tagged: Sequence[Tagged], fates: Mapping[str, Fate]) -> ShownSentence:
    words = [_word(word, fates.get(word.gloss, UNSEEN) if word.kept else DROPPED) for word in tagged]
    return ShownSentence(row.split, row.id, words, _glosses(row.glosses, tagged) if row.glosses else [])


def _word(word: Tagged, fate: Fate) -> MarkedWord:
    """The word, with its pseudo-gloss or part of speech above it; punctuation has neither."""
    if not is_word(word.word):
        return MarkedWord(word.word)
    above = word.pos.lower() if fate is DROPPED else word.gloss
    return MarkedWord(word.word, fate.style, "" if above == word.word else above)


def _glosses(glosses: str, words: Sequence[Tagged]) -> list[MarkedWord]:
    signs = SignedGlosses(glosses)
    equal, akin = (
        NOTHING.union(*(signs.supporting(word, reading) for word in words if word.kept)) for reading in (EXACT, RELATED)
    )
    fates = {gloss: NAMED if gloss in equal else AKIN if gloss in akin else UNNAMED for gloss in signs.names}
    return [MarkedWord(gloss, fates.get(gloss, UNNAMED).style) for gloss in glosses.split()]
