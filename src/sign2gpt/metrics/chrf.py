"""chrF2 by sacreBLEU, kept as per-sentence counts like `bleu`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.chrf import CHRF


def chrf_counts(hypotheses: Sequence[str], references: Sequence[str], *, lowercase: bool) -> NDArray[np.float64]:
    """Character n-grams of hypothesis, of reference and common to both, for orders 1..6: (N, 18)."""
    metric = CHRF(lowercase=lowercase)
    # sacreBLEU's own bootstrap reads these, and it offers no public way to them
    counts = metric._extract_corpus_statistics(list(hypotheses), [list(references)])  # pyright: ignore[reportPrivateUsage]
    return np.array(counts, dtype=np.float64)


def chrf(counts: NDArray[np.float64]) -> float:
    """chrF2, 0..100, from summed counts (18,)."""
    result = CHRF()._compute_score_from_stats([int(count) for count in counts])  # pyright: ignore[reportPrivateUsage]
    return float(result.score)


def chrf_signature(*, lowercase: bool) -> str:
    metric = CHRF(lowercase=lowercase)
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature())
