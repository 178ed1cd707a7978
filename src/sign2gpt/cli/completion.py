"""What a shell completes beside commands and options: recipes, runs and protocols, without loading torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

DEPTH = 3
"""Folders below the one that is typed in which runs are looked for."""


def recipes(incomplete: str) -> list[str]:
    """Bundled recipes, and recipe files."""
    from sign2gpt.recipe import shipped

    return _fitting([*shipped(), *_below(incomplete, "*.y*ml", 1)], incomplete)


def runs(incomplete: str) -> list[str]:
    """The bundled run, and run folders."""
    return _fitting(["demo", *(str(Path(found).parent) for found in _below(incomplete, "run.json", DEPTH))], incomplete)


def protocols(incomplete: str) -> list[str]:
    """Text protocols."""
    from sign2gpt.metrics.protocols import PROTOCOLS

    return _fitting(PROTOCOLS, incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _below(incomplete: str, pattern: str, depth: int) -> Iterator[str]:
    """Files in the folder that is typed, or so many folders below it."""
    folder = Path(incomplete.rpartition("/")[0] or ("/" if incomplete.startswith("/") else "."))
    for level in range(depth + 1):
        yield from map(str, sorted(folder.glob("*/" * level + pattern)))
