"""Scores of sentences against references, with signature and interval: the one place where they are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sign2gpt.common.errors import UserError
from sign2gpt.metrics.bleu import ORDERS, bleu, bleu_counts, bleu_signature
from sign2gpt.metrics.bootstrap import interval, paired_p, resampled_sums
from sign2gpt.metrics.chrf import chrf, chrf_counts, chrf_signature
from sign2gpt.metrics.protocols import Protocol, protocol
from sign2gpt.metrics.rouge import BETA, rouge_l

DECIMALS = 4


@dataclass(frozen=True)
class Score:
    """A score 0..100 with its bootstrap interval, absent where no resample was asked for; four decimals."""

    score: float
    low: float | None
    high: float | None
    signature: str


@dataclass(frozen=True)
class ScoreCard:
    """Scores under one protocol; ``beside`` are those of its variants, by name."""

    protocol: str
    sentences: int
    scores: dict[str, Score]
    beside: dict[str, dict[str, Score]] = field(default_factory=lambda: {})

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]


@dataclass(frozen=True)
class Difference:
    """Score of one system less that of another, on the same sentences."""

    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Measure:
    """A measure is its value on the sum of per-sentence statistics (N, S)."""

    statistics: NDArray[np.float64]
    value: Callable[[NDArray[np.float64]], float]
    signature: str


def score(
    hypotheses: Sequence[str],
    references: Sequence[str],
    protocol_name: str,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> ScoreCard:
    """BLEU-1..4, ROUGE-L and chrF of whole sentences, 0..100, with percentile intervals of ``bootstrap`` resamples.

    Raises:
        UserError: unequal or no sentences, an empty reference, an unknown protocol, or text that does not fit it.
    """
    chosen = protocol(protocol_name)
    _check(hypotheses, references, chosen)

    def scored(variant: Protocol) -> dict[str, Score]:
        found = measures(hypotheses, references, variant)
        return {name: _score(measure, bootstrap, seed, confidence) for name, measure in found.items()}

    beside = {variant.name: scored(variant) for variant in chosen.beside}
    return ScoreCard(chosen.name, len(references), scored(chosen), beside)


def compare(
    hypotheses: Sequence[str],
    baseline: Sequence[str],
    references: Sequence[str],
    protocol_name: str,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[str, Difference]:
    """Paired bootstrap: both systems are scored on the same resampled sentences, one difference for each measure.

    Raises:
        UserError: as `score`.
    """
    chosen = protocol(protocol_name)
    _check(hypotheses, references, chosen)
    _check(baseline, references, chosen)
    ours, theirs = measures(hypotheses, references, chosen), measures(baseline, references, chosen)
    return {name: _difference(ours[name], theirs[name], bootstrap, seed, confidence) for name in ours}


def measures(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> dict[str, Measure]:
    """All measures of these sentences under a protocol, by name."""
    hypotheses = [chosen.prepare(text) for text in hypotheses]
    references = [chosen.prepare(text) for text in references]
    case = "lc" if chosen.lowercase else "mixed"
    counts = bleu_counts(hypotheses, references, tokenize=chosen.tokenize, lowercase=chosen.lowercase)
    found: dict[str, Measure] = {}
    for order in range(1, ORDERS + 1):
        signature = bleu_signature(order, tokenize=chosen.tokenize, lowercase=chosen.lowercase)
        found[f"bleu{order}"] = Measure(counts, partial(bleu, order=order), f"{signature}|protocol:{chosen.name}")
    sentences = [[rouge_l(*pair), 1.0] for pair in zip(hypotheses, references, strict=True)]
    signature = f"beta:{BETA}|case:{case}|split:blank|mean:sentences|protocol:{chosen.name}"
    found["rouge_l"] = Measure(np.array(sentences), _mean_percent, signature)
    signature = f"{chrf_signature(lowercase=chosen.lowercase)}|protocol:{chosen.name}"
    found["chrf"] = Measure(chrf_counts(hypotheses, references, lowercase=chosen.lowercase), chrf, signature)
    return found


def _score(measure: Measure, bootstrap: int, seed: int, confidence: float) -> Score:
    value = round(measure.value(measure.statistics.sum(axis=0)), DECIMALS)
    if not bootstrap:
        return Score(value, None, None, measure.signature)
    resampled = [measure.value(sums) for sums in resampled_sums(measure.statistics, bootstrap, seed)]
    low, high = interval(resampled, confidence)
    return Score(value, round(low, DECIMALS), round(high, DECIMALS), measure.signature)


def _difference(ours: Measure, theirs: Measure, bootstrap: int, seed: int, confidence: float) -> Difference:
    observed = ours.value(ours.statistics.sum(axis=0)) - theirs.value(theirs.statistics.sum(axis=0))
    mine, others = (resampled_sums(measure.statistics, bootstrap, seed) for measure in (ours, theirs))
    differences = [ours.value(a) - theirs.value(b) for a, b in zip(mine, others, strict=True)]
    return Difference(observed, *interval(differences, confidence), paired_p(observed, differences))


def _mean_percent(sums: NDArray[np.float64]) -> float:
    return float(100 * sums[0] / sums[1])


def _check(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> None:
    if len(hypotheses) != len(references):
        raise UserError(f"{len(hypotheses)} hypotheses for {len(references)} references: they go line by line")
    if not references:
        raise UserError("there are no sentences to score")
    empty = [str(line) for line, text in enumerate(references, 1) if not text.strip()]
    if empty:
        raise UserError(f"{len(empty)} references are empty, on line {', '.join(empty[:10])}: a reference has words")
    chosen.check(references, "the references")
