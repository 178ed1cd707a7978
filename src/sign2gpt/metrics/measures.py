"""The measures of sentences under a protocol: each is a value on sums of per-sentence statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sign2gpt.metrics.bleu import ORDERS, bleu, bleu_counts, bleu_signature
from sign2gpt.metrics.bootstrap import Values, randomised_sums, resampled_sums
from sign2gpt.metrics.chrf import chrf, chrf_counts, chrf_signature
from sign2gpt.metrics.protocols import Protocol
from sign2gpt.metrics.rouge import BETA, rouge_l


@dataclass(frozen=True)
class Measure:
    """``value`` takes sums (..., S) of the statistics (N, S) to scores (...), 0..100."""

    statistics: Values
    value: Callable[[Values], Values]
    signature: str

    @property
    def score(self) -> float:
        """The value on all sentences."""
        return float(self.value(self.statistics.sum(axis=0)))


Measures = Mapping[str, Measure]


def measures(hypotheses: Sequence[str], references: Sequence[str], chosen: Protocol) -> dict[str, Measure]:
    """BLEU-1..4, ROUGE-L and chrF2 of these sentences under a protocol, by name."""
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


def resampled(found: Measures, resamples: int, seed: int) -> dict[str, Values]:
    """Each measure on the same ``resamples`` draws of sentences: (resamples,)."""
    return _valued(found, resampled_sums(_side_by_side(found), resamples, seed))


def randomised(outputs: Sequence[Measures], trials: int, seed: int) -> list[dict[str, Values]]:
    """Each measure of K makers whose outputs were dealt out anew, sentence by sentence: K times (trials,)."""
    dealt = randomised_sums([_side_by_side(found) for found in outputs], trials, seed)
    return [_valued(found, sums) for found, sums in zip(outputs, dealt, strict=True)]


def _side_by_side(found: Measures) -> Values:
    return np.hstack([measure.statistics for measure in found.values()])


def _valued(found: Measures, sums: Values) -> dict[str, Values]:
    ends = np.cumsum([measure.statistics.shape[1] for measure in found.values()])[:-1]
    parts = np.split(sums, ends, axis=-1)
    return {name: measure.value(part) for (name, measure), part in zip(found.items(), parts, strict=True)}


def _mean_percent(sums: Values) -> Values:
    return 100 * sums[..., 0] / sums[..., 1]
