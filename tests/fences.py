"""Fenced blocks of the pages, and the lines of commands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("recipes/*.md"), *ROOT.glob("benchmarks/*.md")])


@dataclass(frozen=True)
class Block:
    """A fenced block; ``language`` is empty where the fence names none."""

    page: str
    language: str
    text: str

    @property
    def script(self) -> bool:
        """Whether it is more than one command a line: loops, assignments, a batch job."""
        return bool(re.search(r"^(for |#!)", self.text, re.MULTILINE))

    @property
    def commands(self) -> list[str]:
        """Its commands, without comments; what goes on after a backslash or follows ``&&`` is one of its own line."""
        lines = self.text.replace("\\\n", " ").splitlines()
        lines = [re.sub(r"\s+#.*|^#.*", "", line).strip() for line in lines]
        return [re.sub(r"\s+", " ", part).strip() for line in lines for part in line.split("&&") if part.strip()]


def blocks(*languages: str, page: str | None = None) -> list[Block]:
    """Blocks of all pages or of one, in these languages."""
    found = [
        Block(path.relative_to(ROOT).as_posix(), language, text)
        for path in PAGES
        for language, text in re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    ]
    return [block for block in found if block.language in languages and page in (None, block.page)]
