"""chrF2 from sacreBLEU's counts of each sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.chrf import CHRF

BETA_SQUARED = 2**2
BLOCK = 500
"""Sentences counted together: sacreBLEU keeps the n-grams of all their references, about 30 KB each."""


def chrf_counts(hypotheses: Sequence[str], references: Sequence[str], *, lowercase: bool) -> NDArray[np.float64]:
    """Character n-grams of hypothesis, of reference and common to both, for orders 1..6: (N, 18)."""
    metric = CHRF(lowercase=lowercase)
    counts = np.zeros((len(references), 3 * CHRF.CHAR_ORDER))
    for start in range(0, len(references), BLOCK):
        block = slice(start, start + BLOCK)
        # sacreBLEU's own bootstrap uses this; there is no public function for it
        found = metric._extract_corpus_statistics(list(hypotheses[block]), [list(references[block])])  # pyright: ignore[reportPrivateUsage]
        counts[block] = found
    return counts


def chrf(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """chrF2, 0..100, of summed counts (..., 18): F of the mean precision and recall of orders that both sides have."""
    ours, theirs, common = counts[..., 0::3], counts[..., 1::3], counts[..., 2::3]
    there = (ours > 0) & (theirs > 0)
    orders = np.maximum(there.sum(axis=-1), 1)
    precision, recall = (
        np.where(there, common / np.maximum(side, 1), 0).sum(axis=-1) / orders for side in (ours, theirs)
    )
    weighted = BETA_SQUARED * precision + recall
    return 100 * (1 + BETA_SQUARED) * precision * recall / np.where(weighted == 0, 1, weighted)


def chrf_signature(*, lowercase: bool) -> str:
    metric = CHRF(lowercase=lowercase)
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature())
