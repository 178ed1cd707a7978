"""Checksums of files, to find damage that no format finds: a bit that a disk or a copy has changed.

``SHA256SUMS`` in a folder has the format of the command ``sha256sum``, which can check it too. Small documents and
blocks of bytes of our own contain a CRC-32. Both find damage; neither protects against intended changes.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, cast

from sign2gpt.common.errors import Problems
from sign2gpt.common.files import sha256, write_text

SUMS = "SHA256SUMS"
SWITCH = "SIGN2GPT_CHECKSUMS"
"""Environment variable; ``off`` reads files without their sums."""
CRC32 = "crc32"
COPY = f"copy it again, or delete its line in {SUMS} to keep an edit"
"""Advice for a damaged file that a person may also have edited."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_LARGEST = 64 << 20


def write_sums(folder: Path, names: Iterable[str]) -> None:
    """Writes the sums of those of the files that exist, in place of any that the folder had.

    Args:
        names: of files, relative to ``folder``.
    """
    _write(folder, {name: sha256(folder / name) for name in sorted(names) if (folder / name).is_file()})


@contextmanager
def resummed(folder: Path, name: str) -> Generator[None]:
    """Keeps a folder's sums correct while the block writes one of its files; a folder without sums stays without."""
    before = read_sums(folder)
    if before is not None:
        before.pop(name, None)
        _write(folder, before)
    yield
    if before is not None:
        _write(folder, before | {name: sha256(folder / name)})


def check_sums(folder: Path, names: Iterable[str] | None = None, advice: str = COPY) -> None:
    """Compares files with the folder's sums; a folder without sums passes, and so does a file not listed.

    Args:
        names: files to check. [default: all that are listed]
        advice: what to do about damage.

    Raises:
        UserError: files are damaged, edited or missing, or the sums are; all of them in one error.
    """
    if os.environ.get(SWITCH) == "off":
        return
    sums = read_sums(folder, advice)
    if sums is None:
        return
    problems = Problems(str(folder))
    for name in sums if names is None else names:
        if name not in sums:
            continue
        if not (folder / name).is_file():
            problems.add(f"{name} is missing, {SUMS} lists it; {advice}")
        elif sha256(folder / name) != sums[name]:
            problems.add(f"{name} differs from {SUMS}, so it is damaged or was edited; {advice}")
    problems.raise_if_any(shown=20)


def read_sums(folder: Path, advice: str = COPY) -> dict[str, str] | None:
    """The SHA-256 of each listed file by its name; None where the folder has no ``SHA256SUMS``.

    Raises:
        UserError: it is damaged, or names files outside of the folder.
    """
    path = folder / SUMS
    if not path.is_file():
        return None
    problems, sums = Problems(str(path)), dict[str, str]()
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = file.read(_LARGEST).splitlines()
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is None or not _inside(found[2]):
            problems.add(f"line {number} is not a SHA-256 hash and a file name; {advice}")
        else:
            sums[found[2].removeprefix("./")] = found[1]
    problems.raise_if_any(shown=3)
    return sums


def crc32(*parts: bytes | memoryview) -> str:
    """CRC-32 of the parts one after another, in eight hexadecimal digits."""
    found = 0
    for part in parts:
        found = zlib.crc32(part, found)
    return f"{found:08x}"


def sealed(document: dict[str, Any]) -> dict[str, Any]:
    """A JSON document with its own CRC-32 as its last entry."""
    return {**document, CRC32: crc32(json.dumps(document).encode())}


def is_sealed(document: Any) -> bool:
    """Whether this is what `sealed` made."""
    if not isinstance(document, dict) or CRC32 not in document:
        return False
    rest = cast("dict[str, Any]", document).copy()
    found = rest.pop(CRC32)
    return sealed(rest)[CRC32] == found


def _write(folder: Path, sums: dict[str, str]) -> None:
    write_text(folder / SUMS, "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())))


def _inside(name: str) -> bool:
    return not name.startswith("/") and ".." not in PurePosixPath(name).parts and name.isprintable()
