"""Corpus-level BLEU by sacreBLEU, kept as per-sentence counts so that a resample is one sum.

N sentences; a row of counts is [hypothesis length, reference length, matches of order 1..4, n-grams of order 1..4].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU

ORDERS = 4


def bleu_counts(
    hypotheses: Sequence[str], references: Sequence[str], *, tokenize: str, lowercase: bool
) -> NDArray[np.float64]:
    """Counts of each sentence, (N, 2 + 2 * ORDERS)."""
    metric = BLEU(tokenize=tokenize, lowercase=lowercase, max_ngram_order=ORDERS, effective_order=True)
    pairs = zip(hypotheses, references, strict=True)
    scored = [metric.sentence_score(hypothesis, [reference]) for hypothesis, reference in pairs]
    return np.array([[s.sys_len, s.ref_len, *s.counts, *s.totals] for s in scored], dtype=np.float64)


def bleu(counts: NDArray[np.float64], order: int) -> float:
    """BLEU-``order``, 0..100: of summed counts (2 + 2 * ORDERS,): geometric mean up to that order, brevity penalty."""
    sys_len, ref_len, *rest = (int(count) for count in counts)
    result = BLEU.compute_bleu(  # pyright: ignore[reportUnknownMemberType]
        correct=rest[:order],
        total=rest[ORDERS : ORDERS + order],
        sys_len=sys_len,
        ref_len=ref_len,
        smooth_method="exp",
        max_ngram_order=order,
    )
    return float(result.score)


def bleu_signature(order: int, *, tokenize: str, lowercase: bool) -> str:
    """sacreBLEU's signature, with the order that it leaves out."""
    metric = BLEU(tokenize=tokenize, lowercase=lowercase, max_ngram_order=order)
    metric.corpus_score(["a"], [["a"]])  # sacreBLEU knows the number of references only after scoring
    return f"{metric.get_signature()}|order:{order}"
