"""How text reaches a person: nothing that a terminal obeys, and lines wrapped at words on a terminal alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleDimensions, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

UNWRAPPED = 1_000_000
"""Columns of what is no terminal: a file or a program reads each line whole."""
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control characters, which a terminal obeys; those that turn the direction of text round; halves of pairs."""


def legible(text: str) -> str:
    """``text`` with escapes such as ``\\x1b`` for what a terminal would obey; line ends and tabs stay."""
    return OBEYED.sub(lambda found: repr(found[0])[1:-1], text)


def titled(title: str, table: Table) -> Group:
    """A table below its title, which may be wider: rich wraps a table's own title to the table's width."""
    return Group(Text(title, style="italic"), table)


class Screen(Console):
    """A console for what people read. Files and programs that read it instead get every line whole."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """As rich does, `legible`; all that is printed comes through here, a cell before its table is laid out."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(legible(segment.text), segment.style)

    @property
    def size(self) -> ConsoleDimensions:
        return super().size if self.file.isatty() else ConsoleDimensions(UNWRAPPED, super().size.height)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size
