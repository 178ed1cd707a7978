"""Text in one form, and text on a screen without characters that control a terminal."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from rich.console import Console, ConsoleDimensions, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

IDEOGRAPHIC = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
"""Chinese characters and kana, as a range of a pattern; a word has one to three."""
SYLLABIC = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"
"""Thai, Lao, Tibetan, Burmese and Khmer, as a range of a pattern; a word has up to a dozen characters."""
UNSPACED = re.compile(f"[{IDEOGRAPHIC}{SYLLABIC}]")

_SPACE = re.compile(r"\s")


def normalised(text: str) -> str:
    """Unicode's composed form (NFC), and a blank for every tab, no-break space or other white space.

    For every text from outside, but not for file names.

    >>> normalised("fu\u0308r\u00a0dich")
    'für dich'
    """
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text))


@functools.cache
def marks() -> str:
    """All combining marks, as ranges of a pattern: part of a word, though Python's ``\\w`` leaves them out."""
    found = [code for code in range(0x300, 0x20000) if unicodedata.category(chr(code))[0] == "M"]
    runs = (list(run) for _, run in groupby(enumerate(found), key=lambda item: item[1] - item[0]))
    return "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)


UNWRAPPED = 1_000_000
"""Columns of a screen that is a file or a pipe: lines are not wrapped."""
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Characters that control a terminal or reverse the direction of text, and halves of surrogate pairs."""


def legible(text: str, *, line_ends: bool = True) -> str:
    """``text`` with escapes such as ``\\x1b`` for control characters, and without ``line_ends`` for these and tabs."""
    shown = CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
    return shown if line_ends else shown.replace("\n", "\\n").replace("\t", "\\t")


def titled(title: str, table: Table) -> Group:
    """A table below its title, which may be wider; rich would wrap it to the width of the table."""
    return Group(Text(title, style="italic"), table)


class Screen(Console):
    """A console for people; lines are not wrapped where a file or a program reads them."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """As rich does, but `legible`: everything printed passes through here, cells before their table is laid out."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(legible(segment.text), segment.style)

    @property
    def size(self) -> ConsoleDimensions:
        return super().size if self.file.isatty() else ConsoleDimensions(UNWRAPPED, super().size.height)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size
