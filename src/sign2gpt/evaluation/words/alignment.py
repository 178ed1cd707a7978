"""Aligns the words of a hypothesis with those of its reference, and marks words, characters and n-grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

Pair = tuple[str | None, str | None]

EDIT, SUBSTITUTION = 1000, 1001
"""Fewest edits first; among those, as many equal words as there can be."""


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Pair]:
    """The cheapest way from reference to hypothesis (Levenshtein 1966) as pairs of words, in order.

    An omitted word has None as its hypothesis, an added word None as its reference.
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
    """The cost between the first i words of one and the first j words of the other, for every i and j."""
    costs = [[EDIT * place for place in range(len(hypothesis) + 1)]]
    for index, word in enumerate(reference):
        above = costs[-1]
        row = [EDIT * (index + 1)]
        for place, other in enumerate(hypothesis):
            replaced = above[place] + SUBSTITUTION * (word != other)
            row.append(min(replaced, above[place + 1] + EDIT, row[place] + EDIT))
        costs.append(row)
    return costs


Item = TypeVar("Item")


def character_marks(text: str, words: Sequence[str], marks: Sequence[bool]) -> list[bool]:
    """Which characters of ``text`` belong to a marked word; ``words`` are in its order, and spaces do not matter."""
    dense, place = "".join(text.split()), 0
    found = [False] * len(dense)
    for word, mark in zip(words, marks, strict=True):
        start = dense.index(word, place)
        place = start + len(word)
        found[start:place] = [mark] * len(word)
    left = iter(found)
    return [not character.isspace() and next(left) for character in text]


def without(text: str, marks: Sequence[bool]) -> str:
    """The text without its marked characters, with single spaces."""
    return " ".join("".join(character for character, mark in zip(text, marks, strict=True) if not mark).split())


def token_marks(tokens: Sequence[str], text: str, marks: Sequence[bool]) -> list[bool]:
    """Which tokens contain a marked character of their text; the final dot, which protocols change, is never marked."""
    left = iter([mark for character, mark in zip(text, marks, strict=True) if not character.isspace()])
    return [any(list(islice(left, len(token)))) for token in tokens]


def ngrams(items: Sequence[Item], order: int) -> list[tuple[Item, ...]]:
    """Every run of ``order`` items."""
    return [tuple(items[start : start + order]) for start in range(len(items) - order + 1)]


def marked_matches(wanted: Iterable[tuple[Hashable, bool]], written: Iterable[Hashable]) -> tuple[int, int]:
    """Items that both sides have, clipped as in BLEU, and how many of these only a marked item can match.

    An item that is in the reference both marked and unmarked matches the unmarked one first.
    """
    listed = list(wanted)
    there, unmarked = Counter(item for item, _ in listed), Counter(item for item, mark in listed if not mark)
    matched = Counter(written) & there
    return matched.total(), (matched - unmarked).total()
