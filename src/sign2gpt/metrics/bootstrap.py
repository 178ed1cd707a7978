"""Bootstrap over sentences (Koehn 2004): every measure is a function of summed per-sentence statistics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def resampled_sums(statistics: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Sums of (N, S) statistics over ``resamples`` draws of N sentences with replacement: (resamples, S).

    The same seed and N draw the same sentences, which is what pairs two systems.
    """
    generator = np.random.default_rng(seed)
    count = len(statistics)
    sums = np.empty((resamples, statistics.shape[1]))
    for index in range(resamples):
        times_drawn = np.bincount(generator.integers(count, size=count), minlength=count)
        sums[index] = times_drawn @ statistics
    return sums


def interval(values: Sequence[float], confidence: float) -> tuple[float, float]:
    """The percentile interval that holds ``confidence`` of the resampled values."""
    tail = 50 * (1 - confidence)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def paired_p(observed: float, differences: Sequence[float]) -> float:
    """Two-sided p of a difference between two systems: how often a resample strays as far from their mean.

    Riezler and Maxwell 2005, as in sacreBLEU.
    """
    strays = np.abs(np.asarray(differences) - np.mean(differences))
    return (int(np.sum(strays >= abs(observed))) + 1) / (len(differences) + 1)
