"""Resampling over sentences: the bootstrap (Koehn 2004) and paired approximate randomisation (Noreen 1989).

A measure is a function of summed per-sentence statistics (N, S), so a resample is a product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 100
"""Resamples computed together, which bounds the memory."""
SLACK = 1e-9
"""Equal sums in another order may differ by this much."""

Values = NDArray[np.float64]


def resampled_sums(statistics: Values, resamples: int, seed: int) -> Values:
    """Sums of (N, S) statistics over N sentences drawn with replacement: (resamples, S).

    The same seed and N give the same sentences, so that two systems are compared on the same resamples.
    """
    generator = np.random.default_rng(seed)
    count = len(statistics)
    sums = np.empty((resamples, statistics.shape[1]))
    for some in _groups(resamples):
        rows = len(some)
        chosen: NDArray[np.int64] = generator.integers(count, size=(rows, count))
        chosen += count * np.arange(rows)[:, None]
        times = np.bincount(chosen.ravel(), minlength=rows * count).reshape(rows, count)
        sums[some] = times @ statistics
    return sums


def randomised_sums(outputs: Sequence[Values], trials: int, seed: int) -> Values:
    """Sums after the outputs for each sentence were permuted among the K systems: (K, trials, S).

    This is what K equal systems could have scored.

    Args:
        outputs: statistics (N, S) of each of the K.
    """
    generator = np.random.default_rng([seed, len(outputs)])
    count, width = outputs[0].shape
    sums = np.zeros((len(outputs), trials, width))
    for some in _groups(trials):
        permuted = np.argsort(generator.random((len(some), count, len(outputs))), axis=-1)
        for system in range(len(outputs)):
            for source, statistics in enumerate(outputs):
                sums[system, some] += (permuted[..., system] == source) @ statistics
    return sums


def interval(values: Sequence[float] | Values, confidence: float) -> tuple[float, float]:
    """The percentile interval that contains ``confidence`` of the resampled values."""
    tail = 50 * (1 - confidence)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def paired_p(observed: float, differences: Sequence[float] | Values) -> float:
    """Two-sided p of a difference: how often a resample is as far from the mean of all resamples.

    Riezler and Maxwell 2005. sacreBLEU subtracts the mean from absolute values, which gives a smaller p.
    """
    values = np.asarray(differences, dtype=np.float64)
    return _share_at_least(observed, values - values.mean())


def randomisation_p(observed: float, differences: Sequence[float] | Values) -> float:
    """Two-sided p of a difference: how often permuted outputs differ as much."""
    return _share_at_least(observed, np.asarray(differences))


def _share_at_least(observed: float, deviations: Values) -> float:
    return (int(np.sum(np.abs(deviations) >= abs(observed) - SLACK)) + 1) / (len(deviations) + 1)


def _groups(count: int) -> Iterator[range]:
    return (range(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE))
