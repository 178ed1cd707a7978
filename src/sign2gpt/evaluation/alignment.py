"""Which word of a hypothesis stands for which word of its reference."""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[str | None, str | None]

EDIT, SUBSTITUTION = 1000, 1001
"""Fewest edits first; among those, as many equal words as there can be."""


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Pair]:
    """The cheapest way from reference to hypothesis (Levenshtein 1966) as pairs of words, in order.

    Equal or unequal words face each other; a word left out has None for its hypothesis, one added for its reference.
    """
    costs = _costs(reference, hypothesis)
    pairs: list[Pair] = []
    row, column = len(reference), len(hypothesis)
    while row or column:
        here = costs[row][column]
        if row and column:
            replaced = SUBSTITUTION * (reference[row - 1] != hypothesis[column - 1])
            if here == costs[row - 1][column - 1] + replaced:
                row, column = row - 1, column - 1
                pairs.append((reference[row], hypothesis[column]))
                continue
        if row and here == costs[row - 1][column] + EDIT:
            row -= 1
            pairs.append((reference[row], None))
        else:
            column -= 1
            pairs.append((None, hypothesis[column]))
    return pairs[::-1]


def _costs(reference: Sequence[str], hypothesis: Sequence[str]) -> list[list[int]]:
    """The cost between the first i words of the one and the first j of the other, for every i and j."""
    costs = [[EDIT * place for place in range(len(hypothesis) + 1)]]
    for index, word in enumerate(reference):
        above = costs[-1]
        row = [EDIT * (index + 1)]
        for place, other in enumerate(hypothesis):
            replaced = above[place] + SUBSTITUTION * (word != other)
            row.append(min(replaced, above[place + 1] + EDIT, row[place] + EDIT))
        costs.append(row)
    return costs
