"""The measures of sentences. Each is a function of per-sentence statistics, summed over the sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sign2gpt.common import measures as names
from sign2gpt.common.measures import MeasureName
from sign2gpt.metrics.bleu import bleu, bleu_counts, bleu_signature
from sign2gpt.metrics.bootstrap import Values, randomised_sums, resampled_sums
from sign2gpt.metrics.chrf import chrf, chrf_counts, chrf_signature
from sign2gpt.metrics.protocols import Protocol
from sign2gpt.metrics.rouge import BETA, rouge_l

Statistics = Callable[[Sequence[str], Sequence[str], Protocol], Values]


@dataclass(frozen=True, kw_only=True)
class Measure(MeasureName):
    """A measure: its names, and how it is computed.

    Args:
        statistics: numbers (sentences, S) from hypotheses and references, which the protocol has prepared.
        value: scores (...), 0 to 100, from sums (..., S) of the statistics.
        signature: the settings that a reader needs to compute the same score.
    """

    statistics: Statistics
    value: Callable[[Values], Values]
    signature: Callable[[Protocol], str]


@dataclass(frozen=True)
class MeasuredSentences:
    """A measure's statistics (N, S) of some sentences."""

    statistics: Values
    value: Callable[[Values], Values]
    signature: str

    @property
    def score(self) -> float:
        """The value on all sentences."""
        return float(self.value(self.statistics.sum(axis=0)))


Measures = Mapping[str, MeasuredSentences]


def measures(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> dict[str, MeasuredSentences]:
    """Every known measure of these sentences under a protocol, by key."""
    hypotheses = [chosen.prepare(text) for text in hypotheses]
    references = [chosen.prepare(text) for text in references]
    counted: dict[Statistics, Values] = {}  # the four BLEUs share theirs
    found: dict[str, MeasuredSentences] = {}
    for key, measure in MEASURES.items():
        if measure.statistics not in counted:
            counted[measure.statistics] = measure.statistics(hypotheses, references, chosen)
        signature = f"{measure.signature(chosen)}|protocol:{chosen.name}"
        found[key] = MeasuredSentences(counted[measure.statistics], measure.value, signature)
    return found


def add_measure(measure: Measure) -> None:
    """Makes a measure known: from then on, every score, comparison, table and report includes it."""
    MEASURES[measure.key] = measure
    names.NAMES[measure.key] = measure


def resampled(found: Measures, resamples: int, seed: int) -> dict[str, Values]:
    """Each measure on the same ``resamples`` of the sentences: (resamples,)."""
    return _valued(found, resampled_sums(_joined(found), resamples, seed))


def randomised(outputs: Sequence[Measures], trials: int, seed: int) -> list[dict[str, Values]]:
    """Each measure of K systems after their outputs were exchanged at random, by sentence: K times (trials,)."""
    sums = randomised_sums([_joined(found) for found in outputs], trials, seed)
    return [_valued(found, of_one) for found, of_one in zip(outputs, sums, strict=True)]


def _joined(found: Measures) -> Values:
    return np.hstack([measure.statistics for measure in found.values()])


def _valued(found: Measures, sums: Values) -> dict[str, Values]:
    ends = np.cumsum([measure.statistics.shape[1] for measure in found.values()])[:-1]
    columns = np.split(sums, ends, axis=-1)
    return {name: measure.value(part) for (name, measure), part in zip(found.items(), columns, strict=True)}


def _bleu_statistics(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> Values:
    return bleu_counts(hypotheses, references, tokenize=chosen.tokenize, lowercase=chosen.lowercase)


def _rouge_statistics(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> Values:
    return np.array([[rouge_l(*pair), 1.0] for pair in zip(hypotheses, references, strict=True)])


def _chrf_statistics(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> Values:
    return chrf_counts(hypotheses, references, lowercase=chosen.lowercase)


def _mean_percent(sums: Values) -> Values:
    return 100 * sums[..., 0] / sums[..., 1]


def _bleu_signature(chosen: Protocol, order: int) -> str:
    return bleu_signature(order, tokenize=chosen.tokenize, lowercase=chosen.lowercase)


def _rouge_signature(chosen: Protocol) -> str:
    return f"beta:{BETA}|case:{'lc' if chosen.lowercase else 'mixed'}|split:blank|mean:sentences"


def _chrf_signature(chosen: Protocol) -> str:
    return chrf_signature(lowercase=chosen.lowercase)


MEASURES: dict[str, Measure] = {
    measure.key: measure
    for measure in (
        *(
            Measure(
                **vars(name),
                statistics=_bleu_statistics,
                value=partial(bleu, order=order),
                signature=partial(_bleu_signature, order=order),
            )
            for order, name in enumerate(names.BLEU, start=1)
        ),
        Measure(**vars(names.ROUGE_L), statistics=_rouge_statistics, value=_mean_percent, signature=_rouge_signature),
        Measure(**vars(names.CHRF), statistics=_chrf_statistics, value=chrf, signature=_chrf_signature),
    )
}
"""By key, in the order of the tables."""
