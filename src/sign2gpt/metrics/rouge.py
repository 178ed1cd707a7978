"""ROUGE-L as the field reports it: per-sentence F with beta 1.2, tokens split at every single space."""

from __future__ import annotations

from collections.abc import Sequence

BETA = 1.2


def rouge_l(hypothesis: str, reference: str) -> float:
    """F of the longest common subsequence, 0..1; a double space makes an empty token, as in the field's script."""
    ours, theirs = hypothesis.split(" "), reference.split(" ")
    common = longest_common_subsequence(ours, theirs)
    if not common:
        return 0.0
    precision, recall = common / len(ours), common / len(theirs)
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def longest_common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Its length; the tokens need not be neighbours."""
    row = [0] * (len(second) + 1)
    for token in first:
        previous = row
        row = [0]
        for index, other in enumerate(second):
            row.append(previous[index] + 1 if token == other else max(row[index], previous[index + 1]))
    return row[-1]
