"""Files that are whole or absent: written beside their place, then moved there."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from sign2gpt.common.errors import UserError
from sign2gpt.common.plain_json import parse as parse_json

PARTIAL = ".partial"
LONGEST_TEXT = 10_000
"""Characters of a line of text or of a table's cell: no sentence is longer, and what learns from one would
take its square of memory."""

LARGEST_TEXT = 64 << 20
"""Bytes of a configuration or of what tells of a run: at most some megabytes are ever written."""
LARGEST_LISTS = 1 << 30
"""Bytes of what has a line or an entry for each clip or sentence, of which there may be millions."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@contextmanager
def atomic_file(path: Path) -> Generator[Path]:
    """Yields a path to write to; it becomes ``path`` when the block ends well, and goes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=PARTIAL + path.suffix, dir=path.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Generator[Path]:
    """Yields an empty folder to fill; it replaces ``path`` when the block ends well.

    A process killed between the two renames leaves ``path`` under its ``.old`` name: see `recover_folder`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}-", suffix=PARTIAL, dir=path.parent))
    try:
        yield partial
        partial.chmod(0o777 & ~_umask())
        old = _old(path)
        shutil.rmtree(old, ignore_errors=True)
        if path.exists():
            path.replace(old)
        partial.replace(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def recover_folder(path: Path) -> None:
    """Puts back what a killed `atomic_folder` had moved aside, and clears away what it had begun."""
    old = _old(path)
    if old.exists() and not path.exists():
        old.replace(path)
    shutil.rmtree(old, ignore_errors=True)
    for leftover in path.parent.glob(f".{path.name}-*{PARTIAL}"):
        shutil.rmtree(leftover, ignore_errors=True)


def check_own(folder: Path) -> None:
    """For folders in which we delete what we do not know: raises where it is a link, behind which others' files lie.

    Raises:
        UserError: it is a link, or no folder.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f"{folder}: is no folder of its own; remove it, or name another place to write to")


def is_partial(path: Path) -> bool:
    """Whether `atomic_file` or `atomic_folder` began this and was killed."""
    return path.name.startswith(".") and PARTIAL in path.suffixes


def clear_partial(folder: Path) -> None:
    """Clears away what killed writers had begun inside ``folder``, at any depth."""
    for leftover in filter(is_partial, list(folder.rglob(".*"))):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def open_file(path: Path, most: int | None = None) -> BufferedReader:
    """Opens a plain file for reading: pipes, devices and sockets are refused, for reading them may never end.

    Args:
        most: bytes that the file may have; none: any number.

    Raises:
        UserError: it is absent, no plain file, larger, or may not be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {_why(error)}") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or (most is not None and status.st_size > most):
        os.close(handle)
        what = f"over {most:,} bytes" if stat.S_ISREG(status.st_mode) else "is no plain file"
        raise UserError(f"{path}: {what}")
    return os.fdopen(handle, "rb")


def check_file(path: Path, most: int | None = None) -> None:
    """For libraries that open a path themselves: raises as `open_file`."""
    open_file(path, most).close()


def read_text(path: Path, most: int = LARGEST_TEXT) -> str:
    """The text of a plain file, without a mark of its byte order, with the line ends of Unix.

    Raises:
        UserError: as `open_file`, or it is no UTF-8 text.
    """
    try:
        with open_file(path, most) as file:
            return file.read().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no UTF-8 text") from None


def read_json(path: Path, most: int = LARGEST_TEXT) -> Any:
    """Reads a JSON file, of at most an eighth as many values as it may have bytes.

    Raises:
        UserError: as `open_file`, or it is no JSON, or an object of it has a key twice.
    """
    with open_file(path, most) as file:
        data = file.read()
    if sum(map(data.count, (b",", b"[", b"{"))) > most // 8:
        raise UserError(f"{path}: over {most // 8:,} values")
    try:
        text = data.decode("utf-8-sig")
        value = parse_json(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # raises for halves of pairs, which no file can hold
        return value
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error})") from None
    except RecursionError:
        raise UserError(f"{path}: not valid JSON (values too deep within each other)") from None


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, such as sentences; blanks inside a line are left as they are.

    Raises:
        UserError: as `read_text`, or it holds nothing, a NUL, or a line over `LONGEST_TEXT`.
    """
    text = read_text(path, LARGEST_LISTS)
    if not text.strip():
        raise UserError(f"{path}: is empty")
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise UserError(f"{path}: line {number}: holds a NUL, so it is no text; copy it again")
        if len(line) > LONGEST_TEXT:
            raise UserError(f"{path}: line {number}: {len(line):,} characters are no sentence; put one on each line")
    return lines


def sha256(path: Path) -> str:
    """The hash of a plain file's bytes, in hexadecimal digits; raises as `open_file`."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writing(folder: Path) -> Generator[None]:
    """Tells why ``folder`` cannot be written, and what to do where its disk is full.

    Raises:
        UserError: in place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        advice = "; make room and run it again" if error.errno == errno.ENOSPC else ""
        raise UserError(f"{folder}: cannot be written ({error.strerror}){advice}") from None


def state(path: Path) -> tuple[int, int]:
    """What tells that a file was exchanged: its bytes and its time of change, in nanoseconds."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def cache_folder() -> Path:
    """Where derived files that can be made again are kept: ``SIGN2GPT_CACHE`` or the user's cache folder."""
    base = os.environ.get("SIGN2GPT_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(base) if base else home / "sign2gpt"


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return f"cannot be read ({getattr(error, 'strerror', None) or error})"


def _old(path: Path) -> Path:
    return path.parent / f".{path.name}.old"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
