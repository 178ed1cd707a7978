"""Progress and messages on stderr, so that stdout has only results."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.rule import Rule

from sign2gpt.common.text import Screen

T = TypeVar("T")

console = Screen(stderr=True)


def say(line: str) -> None:
    """Prints a line as it is: brackets are no markup, and long words are not broken."""
    console.print(line, markup=False, overflow="ignore", crop=False)


def heading(title: str) -> None:
    """Prints the title of the next step; on a terminal with a rule of full width."""
    if console.file.isatty():
        console.print(Rule(f"[bold]{escape(title)}", align="left"))
    else:
        say(title)


def say_lines(lines: Sequence[str], shown: int = 100) -> None:
    """Prints the first lines, and how many more there are."""
    for line in lines[:shown]:
        say(line)
    if len(lines) > shown:
        say(f"and {len(lines) - shown:,} more")


@contextmanager
def bar(title: str, total: int | None, *, shown: bool = True) -> Generator[Bar]:
    """A bar with count, time elapsed and time left; ``Bar.advance`` takes a note such as the loss."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=console, disable=not shown) as progress:
        yield Bar(progress, progress.add_task(title, total=total, note=""))


class Bar:
    def __init__(self, progress: Progress, task: int) -> None:
        self._progress = progress
        self._task = task

    def advance(self, steps: int = 1, note: str | None = None) -> None:
        fields = {} if note is None else {"note": note}
        self._progress.update(self._task, advance=steps, **fields)  # type: ignore[arg-type]


def track(items: Iterable[T], title: str, total: int | None = None) -> Iterator[T]:
    """Yields ``items`` and shows a bar."""
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    with bar(title, total) as shown:
        for item in items:
            yield item
            shown.advance()
