"""Files that are whole or absent: written beside their place, then moved there."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sign2gpt.common.errors import UserError

PARTIAL = ".partial"
LONGEST_TEXT = 10_000
"""Characters of a line of text or of a table's cell: no sentence is longer, and what learns from one would
take its square of memory."""

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


def is_partial(path: Path) -> bool:
    """Whether `atomic_file` or `atomic_folder` began this and was killed."""
    return path.name.startswith(".") and PARTIAL in path.suffixes


def clear_partial(folder: Path) -> None:
    """Clears away what killed writers had begun inside ``folder``, at any depth."""
    for leftover in filter(is_partial, list(folder.rglob(".*"))):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        UserError: the file is absent or is no JSON.
    """
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # raises for halves of pairs, which no file can hold
        return value
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error})") from None
    except RecursionError:
        raise UserError(f"{path}: not valid JSON (values too deep within each other)") from None


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, such as sentences; blanks inside a line are left as they are.

    Raises:
        UserError: the file is absent, is no UTF-8 text, holds nothing, a NUL, or a line over `LONGEST_TEXT`.
    """
    try:
        return lines_of(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None


def lines_of(content: bytes, where: str) -> list[str]:
    """As `read_lines`, of the bytes of a file; ``where`` is what errors call it."""
    try:
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()
    except UnicodeDecodeError:
        raise UserError(f"{where}: is no UTF-8 text") from None
    if not text.strip():
        raise UserError(f"{where}: is empty")
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise UserError(f"{where}: line {number}: holds a NUL, so it is no text; copy it again")
        if len(line) > LONGEST_TEXT:
            raise UserError(f"{where}: line {number}: {len(line):,} characters are no sentence; put one on each line")
    return lines


def sha256(path: Path) -> str:
    """The hash of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_full(error: OSError) -> bool:
    """Whether a disk, a quota or a limit takes no more."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def resumable_when_full(folder: Path) -> Generator[None]:
    """Of work that resumes in ``folder``: reports a full disk with what to do.

    Raises:
        UserError: in place of an ``OSError`` of a disk that takes no more.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        why = f"cannot be written ({error.strerror})"
        raise UserError(f"{error.filename or folder}: {why}; make room and run the same command to resume") from None


@contextmanager
def writing(folder: Path) -> Generator[None]:
    """Tells why ``folder`` cannot be written, and what to do where its disk is full.

    Raises:
        UserError: in place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        advice = "; make room and run it again" if is_full(error) else ""
        raise UserError(f"{folder}: cannot be written ({error.strerror}){advice}") from None


def check_output(path: Path) -> None:
    """Looks whether a file can be written, before the work that makes it.

    Raises:
        UserError: it cannot.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file in it")
    there = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"\n")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); name another file") from None


def state(path: Path) -> tuple[int, int]:
    """What tells that a file was exchanged: its bytes and its time of change, in nanoseconds."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def cache_folder() -> Path:
    """Where derived files that can be made again are kept: ``SIGN2GPT_CACHE`` or the user's cache folder."""
    base = os.environ.get("SIGN2GPT_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(base) if base else home / "sign2gpt"


def _old(path: Path) -> Path:
    return path.parent / f".{path.name}.old"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
