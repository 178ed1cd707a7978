"""Paths that tables name: only what lies inside their folder is ever read."""

from __future__ import annotations

import os
import unicodedata
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath

LONGEST = 250
"""Bytes of a path in a table: what file systems take for one name."""
LONGEST_ID = 200


def unfit(name: str) -> str | None:
    """Why ``name`` cannot be a clip's id, which names its file on every system, if so."""
    if not name:
        return "is empty"
    if len(name.encode(errors="replace")) > LONGEST_ID:
        return f"{name[:20]!r}... is longer than {LONGEST_ID} bytes"
    if name.startswith(".") or any(sign in '/\\:*?"<>|' or not sign.isprintable() for sign in name):
        return f'{name[:40]!r} cannot name a file: no leading dot, no path separators, none of : * ? " < > |'
    return None


def unsafe(name: str, root: Path) -> str | None:
    """Why ``name`` is no path below ``root``, if so: it names nothing, or is absolute, or has '..'.

    Windows' spellings are refused on every system, so that a corpus is as safe where it is copied to.
    """
    if not PurePosixPath(name).name or not name.isprintable() or len(name.encode()) > LONGEST:
        return f"{name[:40]!r} names no file"
    if PureWindowsPath(name).anchor or PurePosixPath(name).is_absolute() or ".." in PureWindowsPath(name).parts:
        return f"{name} leaves {root}; paths are relative, without '..'"
    return None


def refused(folder: Path, name: str, root: Path) -> str | None:
    """Why ``name``, a path in ``folder``, may not be read, if so: it is `unsafe`, or links lead out of ``root``."""
    if problem := unsafe(name, root):
        return problem
    path, real_root = folder / name, os.path.realpath(root)
    images = path.iterdir() if path.is_dir() else ()
    if not all(Path(os.path.realpath(place)).is_relative_to(real_root) for place in (path, *images)):
        return f"{name} is or holds a link that leaves {root}; copy the file there instead"
    return None


def spellings(folder: Path, name: str) -> list[str]:
    """Paths in ``folder`` that differ from ``name`` only in capitals, or in how accents are written."""
    found = [""]
    for part in PurePosixPath(name).parts:
        alike = [
            (start, other) for start in found for other in _names_in(folder / start) if _plain(other) == _plain(part)
        ]
        found = [str(PurePosixPath(start, other)) for start, other in alike]
    return sorted(found)


def _names_in(folder: Path) -> tuple[str, ...]:
    return _names(folder, folder.stat().st_mtime_ns) if folder.is_dir() else ()


@lru_cache(maxsize=256)
def _names(folder: Path, changed_ns: int) -> tuple[str, ...]:
    return tuple(path.name for path in folder.iterdir())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
