"""Corpus-level BLEU from sacreBLEU's counts of each sentence, so that a resample is one sum.

N sentences; a row of counts is [hypothesis length, reference length, matches of order 1..4, n-grams of order 1..4].
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

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
    scored = (metric.sentence_score(hypothesis, [reference]) for hypothesis, reference in pairs)
    return np.array([[s.sys_len, s.ref_len, *s.counts, *s.totals] for s in scored], dtype=np.float64)


def bleu(counts: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """BLEU-``order``, 0..100, of summed counts (..., 2 + 2 * ORDERS): sacreBLEU's score, for many sums at once.

    Geometric mean of the precisions up to that order, brevity penalty; an order without a match counts as half a match,
    the next one as a quarter (sacreBLEU's smoothing `exp`). Without any match, or without n-grams of an order, it is 0.
    """
    length, wanted = counts[..., 0], counts[..., 1]
    matches, total = counts[..., 2 : 2 + order], counts[..., 2 + ORDERS : 2 + ORDERS + order]
    halvings = np.cumsum(matches == 0, axis=-1)
    some = np.where(matches == 0, 0.5**halvings, matches)
    there = matches.any(axis=-1) & (total > 0).all(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.exp(np.log(some / total).mean(axis=-1))
        brevity = np.exp(np.minimum(1 - wanted / length, 0))
        return np.where(there, 100 * brevity * precision, 0.0)


def bleu_tokens(text: str, tokenize: str) -> list[str]:
    """The tokens that sacreBLEU compares."""
    return _tokenizer(tokenize)(text).split()


def bleu_signature(order: int, *, tokenize: str, lowercase: bool) -> str:
    """sacreBLEU's signature, with the order, which sacreBLEU omits."""
    metric = BLEU(tokenize=tokenize, lowercase=lowercase, max_ngram_order=order)
    metric.corpus_score(["a"], [["a"]])  # sacreBLEU knows the number of references only after scoring
    return f"{metric.get_signature()}|order:{order}"


@functools.cache
def _tokenizer(tokenize: str) -> Callable[[str], str]:
    return BLEU(tokenize=tokenize).tokenizer
