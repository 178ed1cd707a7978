"""Which word of a hypothesis stands for which word of its reference."""

from __future__ import annotations

from collections.abc import Sequence

Pair = tuple[str | None, str | None]


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
            differs = reference[row - 1] != hypothesis[column - 1]
            if here == costs[row - 1][column - 1] + differs:
                row, column = row - 1, column - 1
                pairs.append((reference[row], hypothesis[column]))
                continue
        if row and here == costs[row - 1][column] + 1:
            row -= 1
            pairs.append((reference[row], None))
        else:
            column -= 1
            pairs.append((None, hypothesis[column]))
    return pairs[::-1]


def _costs(reference: Sequence[str], hypothesis: Sequence[str]) -> list[list[int]]:
    """Edits between the first i words of the one and the first j of the other, for every i and j."""
    costs = [list(range(len(hypothesis) + 1))]
    for index, word in enumerate(reference):
        above = costs[-1]
        row = [index + 1]
        for place, other in enumerate(hypothesis):
            row.append(min(above[place] + (word != other), above[place + 1] + 1, row[place] + 1))
        costs.append(row)
    return costs
