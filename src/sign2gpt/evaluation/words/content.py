"""Recall and precision of content words, and of the facts of a weather forecast.

BLEU rewards function words and order; a viewer wants to know whether it is rain, where, and on which day.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from sign2gpt.common.config import Config
from sign2gpt.common.errors import UserError
from sign2gpt.common.progress import say
from sign2gpt.data.glosses.taggers import CachedTagger, Tagged, Tagger, open_tagger
from sign2gpt.data.segment import unspaced
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.words.facts import PATTERNS, numbers
from sign2gpt.metrics.bootstrap import Values
from sign2gpt.metrics.measures import MeasuredSentences
from sign2gpt.metrics.scores import DECIMALS, Score, scored

Bags = list[Counter[str]]
KINDS: dict[str, Callable[[Tagged], bool]] = {
    "content_words": lambda word: word.kept,
    "nouns": lambda word: word.kept and word.pos == "NOUN",
    "names": lambda word: word.kept and word.pos == "PROPN",
}
"""The words of a tagged sentence that count, by kind."""


@functools.cache
def tagger_of(language: str) -> Tagger:
    """The language's own tagger; it remembers, because an evaluation tags the same sentences more than once."""
    return CachedTagger(open_tagger(None, language))


class KindScores(Config):
    """Words of one kind: how many the references have, and how well the hypotheses reproduce them, in %."""

    words: int
    recall: float
    precision: float
    f1: Score


class Content(Config):
    """Scores of the kinds of words that the references have, by name; ``tagger`` is empty if there was none."""

    tagger: str
    kinds: dict[str, KindScores]


def content(
    hypotheses: Sequence[str], references: Sequence[str], language: str, config: EvaluationConfig, seed: int
) -> Content:
    """Content words by the language's pseudo-gloss tagger, and facts by their patterns.

    Without the tagger's library only facts are counted, and a line on stderr states this.
    """
    try:
        tagger = tagger_of(language)
    except UserError as error:
        say(f"content words are not counted: {error}")
        tagger = None
    code = language.lower().split("-")[0]
    sides = [[unspaced(text) for text in side] for side in (references, hypotheses)]
    wanted, written = (({} if tagger is None else tagged_bags(side, tagger)) | fact_bags(side, code) for side in sides)
    found = {name: _measure(name, written[name], bags, tagger) for name, bags in wanted.items() if any(bags)}
    f1 = scored(found, bootstrap=config.bootstrap, seed=seed, confidence=config.confidence)
    named = "" if tagger is None else f"{tagger.name} {tagger.version}"
    return Content(tagger=named, kinds={name: _kind(measure, f1[name]) for name, measure in found.items()})


def tagged_bags(texts: Sequence[str], tagger: Tagger) -> dict[str, Bags]:
    """The lemmas of each text's words, for each of `KINDS`."""
    sentences = list(tagger.tag(texts))
    return {
        name: [Counter(word.gloss for word in words if belongs(word)) for words in sentences]
        for name, belongs in KINDS.items()
    }


def fact_bags(texts: Sequence[str], language: str) -> dict[str, Bags]:
    """Numbers, months, weekdays and regions of each text; empty for a language without patterns."""
    patterns = PATTERNS.get(language, {})
    found = {name: [Counter(map(_plain, p.findall(text))) for text in texts] for name, p in patterns.items()}
    if patterns:
        found.setdefault("numbers", [Counter(numbers(text)) for text in texts])
    return found


def _plain(fact: str) -> str:
    return fact.lower().replace("天", "日")


def _measure(name: str, written: Bags, wanted: Bags, tagger: Tagger | None) -> MeasuredSentences:
    pairs = zip(written, wanted, strict=True)
    rows = [[(ours & theirs).total(), ours.total(), theirs.total()] for ours, theirs in pairs]
    by = f"tagger:{tagger.name}-{tagger.version}" if tagger is not None and name in KINDS else "pattern"
    return MeasuredSentences(np.array(rows, dtype=np.float64), _f1, f"f1:micro|kind:{name}|{by}")


def _kind(measure: MeasuredSentences, f1: Score) -> KindScores:
    common, written, wanted = measure.statistics.sum(axis=0)
    recall, precision = (round(float(100 * common / max(side, 1)), DECIMALS) for side in (wanted, written))
    return KindScores(words=int(wanted), recall=recall, precision=precision, f1=f1)


def _f1(sums: Values) -> Values:
    """200 * common / (written + wanted), of sums (..., 3)."""
    return 200 * sums[..., 0] / np.maximum(sums[..., 1] + sums[..., 2], 1)
