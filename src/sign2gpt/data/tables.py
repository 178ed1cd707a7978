"""The tables of a corpus that list its clips: reading them, and which names and paths in them are accepted.

A path in a table is only read if it lies inside the table's folder.
"""

from __future__ import annotations

import csv
import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import TextIOWrapper
from pathlib import Path, PurePosixPath, PureWindowsPath

from sign2gpt.common.errors import Problems
from sign2gpt.common.files import LARGEST_LISTS, open_file

INFO = "corpus.yaml"
METADATA = "metadata.csv"
UNSIGNED = "unsigned.txt"
"""Training sentences without a clip, one per line: present if the corpus is a part of a larger one."""
LONGEST_PATH = 250
"""Bytes of a path in a table: about what file systems accept for one name."""
LONGEST_ID = 200
HINT = "copy the table again, or put quotes around cells that contain commas"


def read_rows(path: Path, required: Sequence[str], problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields line number and cells of each row of a CSV table (RFC 4180, UTF-8); mistakes go to ``problems``."""
    try:
        with TextIOWrapper(open_file(path, LARGEST_LISTS), encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = next(reader, [])
            if missing := [name for name in required if name not in columns]:
                problems.add(f"line 1: no column {', '.join(missing)}")
                return
            for cells in reader:
                if len(cells) == len(columns):
                    yield reader.line_num, dict(zip(columns, cells, strict=True))
                elif cells:
                    count = f"{len(cells)} cells, but the header has {len(columns)}"
                    problems.add(f"line {reader.line_num}: {count}; {HINT}")
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 ({error.reason}); save the table as UTF-8")
    except csv.Error as error:
        problems.add(f"not a CSV table ({error})")
    except OSError as error:
        problems.add(f"cannot be read ({error.strerror})")


def id_problem(name: str) -> str | None:
    """Why ``name`` cannot be a clip's id, if so: the id must be a valid file name on every system."""
    if not name:
        return "is empty"
    if len(name.encode(errors="replace")) > LONGEST_ID:
        return f"{name[:20]!r}... is longer than {LONGEST_ID} bytes"
    if name.startswith(".") or any(sign in '/\\:*?"<>|' or not sign.isprintable() for sign in name):
        return f'{name[:40]!r} cannot name a file: no leading dot, no path separators, none of : * ? " < > |'
    return None


def path_problem(name: str, root: Path) -> str | None:
    """Why ``name`` is not a path below ``root``, if so: it is empty or absolute, or contains '..'.

    Windows paths are rejected on every system, so that a corpus stays safe wherever it is copied.
    """
    if not PurePosixPath(name).name or not name.isprintable() or len(name.encode()) > LONGEST_PATH:
        return f"{name[:40]!r} names no file"
    if PureWindowsPath(name).anchor or PurePosixPath(name).is_absolute() or ".." in PureWindowsPath(name).parts:
        return f"{name} leaves {root}; use a relative path without '..'"
    return None


def file_problem(folder: Path, name: str, root: Path) -> str | None:
    """Why the file ``name`` in ``folder`` must not be read, if so: a `path_problem`, or a link out of ``root``."""
    if problem := path_problem(name, root):
        return problem
    path, real_root = folder / name, os.path.realpath(root)
    images = path.iterdir() if path.is_dir() else ()
    if not all(Path(os.path.realpath(file)).is_relative_to(real_root) for file in (path, *images)):
        return f"{name} is or contains a link that leaves {root}; copy the file there instead"
    return None


def similar_paths(folder: Path, name: str) -> list[str]:
    """Paths in ``folder`` that differ from ``name`` only in capitals, or in how accents are encoded."""
    found = [""]
    for part in PurePosixPath(name).parts:
        alike = [
            (start, other) for start in found for other in _names_in(folder / start) if _plain(other) == _plain(part)
        ]
        found = [str(PurePosixPath(start, other)) for start, other in alike]
    return sorted(found)


def _names_in(folder: Path) -> tuple[str, ...]:
    return _listed_names(folder, folder.stat().st_mtime_ns) if folder.is_dir() else ()


@lru_cache(maxsize=256)
def _listed_names(folder: Path, changed_ns: int) -> tuple[str, ...]:
    return tuple(path.name for path in folder.iterdir())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
