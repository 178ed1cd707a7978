"""Matches of hypothesis and reference that are made of marked words: from marks on words to marks on BLEU's n-grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def character_marks(text: str, words: Sequence[str], marks: Sequence[bool]) -> list[bool]:
    """Which characters of ``text`` are part of a marked word; ``words`` stand in it in their order, whatever blanks
    are between their characters.
    """
    dense, place = "".join(text.split()), 0
    found = [False] * len(dense)
    for word, mark in zip(words, marks, strict=True):
        start = dense.index(word, place)
        place = start + len(word)
        found[start:place] = [mark] * len(word)
    left = iter(found)
    return [not character.isspace() and next(left) for character in text]


def without(text: str, marks: Sequence[bool]) -> str:
    """The text without its marked characters, with single blanks."""
    return " ".join("".join(character for character, mark in zip(text, marks, strict=True) if not mark).split())


def token_marks(tokens: Sequence[str], text: str, marks: Sequence[bool]) -> list[bool]:
    """Which tokens hold a marked character of the text that they were made of.

    A protocol only adds or takes a dot at the end; no mark stands there.
    """
    left = iter([mark for character, mark in zip(text, marks, strict=True) if not character.isspace()])
    return [any(list(islice(left, len(token)))) for token in tokens]


def ngrams(items: Sequence[Item], order: int) -> list[tuple[Item, ...]]:
    """Every run of ``order`` items."""
    return [tuple(items[start : start + order]) for start in range(len(items) - order + 1)]


def marked_matches(wanted: Iterable[tuple[Hashable, bool]], said: Iterable[Hashable]) -> tuple[int, int]:
    """Items that both sides have, counted as BLEU clips them, and how many of these only a marked one can match.

    What stands in the reference marked and unmarked is taken to match the unmarked one first.
    """
    listed = list(wanted)
    there, unmarked = Counter(item for item, _ in listed), Counter(item for item, mark in listed if not mark)
    matched = Counter(said) & there
    return matched.total(), (matched - unmarked).total()
