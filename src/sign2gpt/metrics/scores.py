"""Scores of sentences against references, with signature and interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sign2gpt.metrics.bleu import ORDERS, bleu_signature
from sign2gpt.metrics.bootstrap import Values, interval
from sign2gpt.metrics.measures import MeasuredSentences, Measures, measures, resampled
from sign2gpt.metrics.protocols import Protocol, check_sides, protocol

DECIMALS = 4


@dataclass(frozen=True)
class Score:
    """A score with its bootstrap interval, to four decimals; the interval is None without resamples."""

    score: float
    low: float | None
    high: float | None
    signature: str


@dataclass(frozen=True)
class ScoreCard:
    """Scores under one protocol, by measure; ``variants`` are those of the protocol's variants, by name."""

    protocol: str
    sentences: int
    scores: dict[str, Score]
    variants: dict[str, dict[str, Score]] = field(default_factory=lambda: {})

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]


def score(
    hypotheses: Sequence[str],
    references: Sequence[str],
    protocol_name: str | Protocol,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> ScoreCard:
    """Every measure of these sentences, 0 to 100, with percentile intervals of ``bootstrap`` resamples.

    Raises:
        UserError: unequal or no sentences, an empty reference, an unknown protocol, or text that does not fit it.
    """
    chosen = protocol(protocol_name)
    check_sides(hypotheses, references, chosen)
    main, *others = (
        scored(measures(hypotheses, references, variant), bootstrap=bootstrap, seed=seed, confidence=confidence)
        for variant in (chosen, *chosen.variants)
    )
    names = (variant.name for variant in chosen.variants)
    return ScoreCard(chosen.name, len(references), main, dict(zip(names, others, strict=True)))


def scored(found: Measures, *, bootstrap: int, seed: int, confidence: float) -> dict[str, Score]:
    """Each measure as a score with its interval."""
    samples = resampled(found, bootstrap, seed) if bootstrap else {}
    return {name: _score(measure, samples.get(name), confidence) for name, measure in found.items()}


def protocol_line(chosen: Protocol, sentences: int, *facts: str) -> str:
    """All that a score depends on besides the system, in one line; ``facts`` may state the width of the beam."""
    signature = bleu_signature(ORDERS, tokenize=chosen.tokenize, lowercase=chosen.lowercase)
    parts = (f"{chosen.name}: {chosen.describe()}", *facts, f"sacreBLEU {signature}", f"{sentences} sentences")
    return " | ".join(parts)


def _score(measure: MeasuredSentences, samples: Values | None, confidence: float) -> Score:
    value = round(measure.score, DECIMALS)
    if samples is None:
        return Score(value, None, None, measure.signature)
    low, high = interval(samples, confidence)
    return Score(value, round(low, DECIMALS), round(high, DECIMALS), measure.signature)
