"""Errors that a user can act on: what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

LONGEST_MESSAGE = 4000
"""Characters of a line of a message: what is longer is the input itself."""


class UserError(ValueError):
    """A mistake of the user's, told in one clear line; the command line exits with code 2."""


def error_line(error: Exception | str) -> str:
    """An error as the command line prints it, without what a terminal would obey: it may quote a stranger's file."""
    lines = re.split(r"\n(?=  - )", str(error))
    return f"error: {chr(10).join(map(_legible, lines))}"


def killed(process: str, again: str = "") -> UserError:
    """The error of a process that was killed, as the system does where memory is short; ``again``: how to go on."""
    why = "was killed, probably because memory ran out; what is done is kept"
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
    """Says what an unknown name may have meant: `` (did you mean 'window'? known: ...)``."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    meant = f"did you mean '{close[0]}'? " if close else ""
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return f" ({meant}known: {shown})"


def _legible(line: str) -> str:
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line[:LONGEST_MESSAGE])
    return shown if len(line) <= LONGEST_MESSAGE else f"{shown}... ({len(line):,} characters)"
