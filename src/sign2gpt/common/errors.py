"""Errors that a user can act on: what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from sign2gpt.common.text import legible

LONGEST_MESSAGE = 4000
"""Characters of a line of a message; longer ones quote their input, and are cut."""


class UserError(ValueError):
    """A mistake of the user, with one clear line; the command line exits with code 2."""


def error_line(error: Exception | str) -> str:
    """An error as the command line prints it, without control characters: it may quote a file from elsewhere."""
    lines = re.split(r"\n(?=  - )", str(error))
    return f"error: {chr(10).join(map(_printable, lines))}"


def killed(process: str, again: str = "") -> UserError:
    """The error of a process that was killed, as happens when memory runs out; ``again`` completes the advice."""
    why = "was killed, probably because memory ran out; finished work is kept"
    return UserError(f"{process} {why}: run the same command again{again}")


class Problems:
    """Collects several mistakes, so that a user sees all of them at once.

    >>> problems = Problems("recipe demo.yaml")
    >>> problems.add("model.window must be odd, got 8")
    >>> problems.raise_if_any()
    Traceback (most recent call last):
    sign2gpt.common.errors.UserError: recipe demo.yaml: model.window must be odd, got 8
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[str] = []

    def add(self, problem: str) -> None:
        self.found.append(problem)

    def extend(self, problems: Iterable[str]) -> None:
        self.found.extend(problems)

    def raise_if_any(self, shown: int | None = None) -> None:
        """Raises a ``UserError`` that lists every problem found so far, or the first ``shown`` and how many more."""
        if len(self.found) == 1:
            raise UserError(f"{self.where}: {self.found[0]}")
        if self.found:
            listed = self.found[:shown]
            if len(listed) < len(self.found):
                listed.append(f"and {len(self.found) - len(listed):,} more")
            lines = "".join(f"\n  - {problem}" for problem in listed)
            raise UserError(f"{self.where}: {len(self.found)} problems:{lines}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggestions for an unknown name, for the end of a message: `` (did you mean 'window'? known: ...)``."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    meant = f"did you mean '{close[0]}'? " if close else ""
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f" ({meant}known: {shown})"


def _printable(line: str) -> str:
    shown = legible(line[:LONGEST_MESSAGE], line_ends=False)
    return shown if len(line) <= LONGEST_MESSAGE else f"{shown}... ({len(line):,} characters)"
