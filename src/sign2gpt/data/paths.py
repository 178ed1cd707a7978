"""Paths that tables name: only what lies inside their folder is ever read."""

from __future__ import annotations

import os
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


def refused(folder: Path, name: str, root: Path) -> str | None:
    """Why ``name``, a path in ``folder``, may not be read, if so: it is none, or it leaves ``root`` by '..' or links.

    Windows' spellings are refused on every system, so that a corpus is as safe where it is copied to.
    """
    if not PurePosixPath(name).name or not name.isprintable() or len(name.encode()) > LONGEST:
        return f"{name[:40]!r} names no file"
    if PureWindowsPath(name).anchor or PurePosixPath(name).is_absolute() or ".." in PureWindowsPath(name).parts:
        return f"{name} leaves {root}; paths are relative, without '..'"
    path, real_root = folder / name, os.path.realpath(root)
    images = path.iterdir() if path.is_dir() else ()
    if not all(Path(os.path.realpath(place)).is_relative_to(real_root) for place in (path, *images)):
        return f"{name} is or holds a link that leaves {root}; copy the file there instead"
    return None
