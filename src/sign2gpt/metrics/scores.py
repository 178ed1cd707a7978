"""Scores of sentences against references, with signature and interval: the one place where they are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sign2gpt.metrics.bleu import ORDERS, bleu_signature
from sign2gpt.metrics.bootstrap import Values, interval
from sign2gpt.metrics.measures import Measure, Measures, measures, resampled
from sign2gpt.metrics.protocols import Protocol, check_sides, protocol

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


def score(
    hypotheses: Sequence[str],
    references: Sequence[str],
    protocol_name: str | Protocol,
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
    check_sides(hypotheses, references, chosen)
    main, *beside = (
        scored(measures(hypotheses, references, variant), bootstrap=bootstrap, seed=seed, confidence=confidence)
        for variant in (chosen, *chosen.beside)
    )
    names = (variant.name for variant in chosen.beside)
    return ScoreCard(chosen.name, len(references), main, dict(zip(names, beside, strict=True)))


def scored(found: Measures, *, bootstrap: int, seed: int, confidence: float) -> dict[str, Score]:
    """Each measure as a score with its interval."""
    drawn = resampled(found, bootstrap, seed) if bootstrap else {}
    return {name: _score(measure, drawn.get(name), confidence) for name, measure in found.items()}


def protocol_line(chosen: Protocol, sentences: int, *facts: str) -> str:
    """All that a number depends on beside the system, in one line; ``facts`` are such as the beam's width."""
    signature = bleu_signature(ORDERS, tokenize=chosen.tokenize, lowercase=chosen.lowercase)
    parts = (f"{chosen.name}: {chosen.told}", *facts, f"sacreBLEU {signature}", f"{sentences} sentences")
    return " | ".join(parts)


def _score(measure: Measure, drawn: Values | None, confidence: float) -> Score:
    value = round(measure.score, DECIMALS)
    if drawn is None:
        return Score(value, None, None, measure.signature)
    low, high = interval(drawn, confidence)
    return Score(value, round(low, DECIMALS), round(high, DECIMALS), measure.signature)
