"""Draws over sentences, of which every measure is a function: the bootstrap (Koehn 2004) and paired randomisation.

A measure is a function of summed per-sentence statistics (N, S), so that a draw is a product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 100
"""Draws made together, which bounds the memory."""
SLACK = 1e-9
"""A sum in another order may differ by this much from an equal one."""

Values = NDArray[np.float64]


def resampled_sums(statistics: Values, resamples: int, seed: int) -> Values:
    """Sums of (N, S) statistics over ``resamples`` draws of N sentences with replacement: (resamples, S).

    The same seed and N draw the same sentences, which is what pairs two systems.
    """
    generator = np.random.default_rng(seed)
    count = len(statistics)
    sums = np.empty((resamples, statistics.shape[1]))
    for some in _groups(resamples):
        rows = len(some)
        drawn: NDArray[np.int64] = generator.integers(count, size=(rows, count))
        drawn += count * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
        sums[some] = times @ statistics
    return sums


def randomised_sums(outputs: Sequence[Values], trials: int, seed: int) -> Values:
    """Sums after the outputs for each sentence were dealt out anew among their K makers: (K, trials, S).

    Approximate randomisation (Noreen 1989): what K systems that are all alike could have scored.

    Args:
        outputs: statistics (N, S) of each of the K.
    """
    generator = np.random.default_rng([seed, len(outputs)])
    count, width = outputs[0].shape
    sums = np.zeros((len(outputs), trials, width))
    for some in _groups(trials):
        dealt = np.argsort(generator.random((len(some), count, len(outputs))), axis=-1)
        for hand in range(len(outputs)):
            for card, statistics in enumerate(outputs):
                sums[hand, some] += (dealt[..., hand] == card) @ statistics
    return sums


def interval(values: Sequence[float] | Values, confidence: float) -> tuple[float, float]:
    """The percentile interval that holds ``confidence`` of the resampled values."""
    tail = 50 * (1 - confidence)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def paired_p(observed: float, differences: Sequence[float] | Values) -> float:
    """Two-sided p of a difference between two systems: how often a resample strays as far from their mean.

    Riezler and Maxwell 2005. sacreBLEU takes absolute values before the mean is taken off, and so finds smaller p.
    """
    values = np.asarray(differences, dtype=np.float64)
    return _share_as_far(observed, values - values.mean())


def randomisation_p(observed: float, differences: Sequence[float] | Values) -> float:
    """Two-sided p of a difference: how often outputs dealt out anew differ as much."""
    return _share_as_far(observed, np.asarray(differences))


def _share_as_far(observed: float, strays: Values) -> float:
    return (int(np.sum(np.abs(strays) >= abs(observed) - SLACK)) + 1) / (len(strays) + 1)


def _groups(count: int) -> Iterator[range]:
    return (range(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE))
