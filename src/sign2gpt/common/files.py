"""Files that are complete or absent: written under a temporary name, then renamed."""

from __future__ import annotations

import errno
import glob
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
from sign2gpt.common.text import normalised

PARTIAL = ".partial"
LONGEST_NAME = 255
"""Bytes that file systems allow in a name."""
LONGEST_TEXT = 10_000
"""Characters of a line of text or a cell of a table: no sentence is longer, and training on one would take memory
that grows with its square."""

LARGEST_TEXT = 64 << 20
"""Bytes of a configuration or a description of a run; we write some megabytes at most."""
LARGEST_LISTS = 1 << 30
"""Bytes of a file with a line or an entry per clip or sentence, of which there may be millions."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@contextmanager
def atomic_file(path: Path) -> Generator[Path]:
    """Yields a path to write to; it becomes ``path`` when the block succeeds, and is deleted when it fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = PARTIAL + path.suffix
    handle, name = tempfile.mkstemp(prefix=f".{_cut(path.stem, suffix)}-", suffix=suffix, dir=path.parent)
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
    """Yields an empty folder to fill; it replaces ``path`` when the block succeeds.

    A process killed between the two renames leaves ``path`` under its ``.old`` name: see `recover_folder`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{_cut(path.name, PARTIAL)}-", suffix=PARTIAL, dir=path.parent))
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
    """Puts back what a killed `atomic_folder` had moved aside, and deletes what it had begun."""
    old = _old(path)
    if old.exists() and not path.exists():
        old.replace(path)
    shutil.rmtree(old, ignore_errors=True)
    for leftover in path.parent.glob(f".{glob.escape(_cut(path.name, PARTIAL))}-*{PARTIAL}"):
        shutil.rmtree(leftover, ignore_errors=True)


def check_own(folder: Path) -> None:
    """Checks a folder in which we delete unknown files: behind a link there may be files of others.

    Raises:
        UserError: it is a link, or no folder.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UserError(f"{folder}: is a link or no folder; remove it, or name another folder to write to")


def is_partial(path: Path) -> bool:
    """Whether a killed `atomic_file` or `atomic_folder` left this."""
    return path.name.startswith(".") and PARTIAL in path.suffixes


def clear_partial(folder: Path) -> None:
    """Deletes what killed writers left inside ``folder``, at any depth."""
    for leftover in filter(is_partial, list(folder.rglob(".*"))):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def user_path(path: str | os.PathLike[str], what: str = "the path") -> Path:
    """The path from a program or a recipe, where no shell has expanded a leading ``~``.

    Raises:
        UserError: it is empty, contains a NUL, is no text, or names the home of an unknown user.
    """
    try:
        text, expanded = os.fspath(path), Path(path).expanduser()
    except TypeError:
        raise UserError(f"{what} must be text or a Path, got {type(path).__name__}") from None
    except RuntimeError:
        raise UserError(f"{path}: there is no such user here") from None
    if not text or "\0" in text:
        raise UserError(f"{what} {'contains a NUL' if text else 'is empty'}; name a file or folder")
    return expanded


def printable(name: str) -> str:
    r"""The name of a file as UTF-8 text: bytes that are no UTF-8 become ``\\xff``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def short_name(name: str, suffix: str) -> str:
    """The name of a file with ``suffix``; over `LONGEST_NAME` its start and a hash of all of it.

    >>> short_name("clip.mp4", ".json")
    'clip.mp4.json'
    """
    if len(os.fsencode(name + suffix)) <= LONGEST_NAME:
        return name + suffix
    tail = f"-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}{suffix}"
    return _head(name, LONGEST_NAME - len(tail)) + tail


def write_text(path: Path, text: str) -> None:
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def open_file(path: Path, most: int | None = None) -> BufferedReader:
    """Opens a regular file for reading; pipes, devices and sockets are refused, because reading them may never end.

    Args:
        most: bytes that the file may have. [default: any number]

    Raises:
        UserError: it is absent, not a regular file, larger, or unreadable.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {_why(error)}") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or (most is not None and status.st_size > most):
        os.close(handle)
        what = f"larger than {most:,} bytes" if stat.S_ISREG(status.st_mode) else "not a regular file"
        raise UserError(f"{path}: {what}")
    return os.fdopen(handle, "rb")


def check_file(path: Path, most: int | None = None) -> None:
    """Raises as `open_file`, for libraries that open a path themselves."""
    open_file(path, most).close()


def read_text(path: Path, most: int = LARGEST_TEXT) -> str:
    """The text of a regular file, without a byte order mark, with the line ends of Unix.

    Raises:
        UserError: as `open_file`, or it is not UTF-8 text.
    """
    with open_file(path, most) as file:
        return text_of(file.read(), str(path))


def text_of(content: bytes, where: str) -> str:
    """As `read_text`, of the bytes of a file that errors call ``where``."""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UserError(f"{where}: not UTF-8 text") from None


def read_json(path: Path, most: int = LARGEST_TEXT) -> Any:
    """Reads a JSON file of at most ``most`` bytes and an eighth as many values.

    Raises:
        UserError: as `open_file`, or it is not JSON, or an object has a key twice.
    """
    with open_file(path, most) as file:
        data = file.read()
    if sum(map(data.count, (b",", b"[", b"{"))) > most // 8:
        raise UserError(f"{path}: more than {most // 8:,} values")
    try:
        text = data.decode("utf-8-sig")
        value = parse_json(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # raises for halves of pairs, which no file can hold
        return value
    except ValueError as error:
        raise UserError(f"{path}: not valid JSON ({error})") from None
    except RecursionError:
        raise UserError(f"{path}: not valid JSON (values nested too deeply)") from None


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, such as sentences, each `normalised`; two spaces stay two.

    Raises:
        UserError: as `read_text`, or it is empty, contains a NUL, or a line over `LONGEST_TEXT`.
    """
    with open_file(path, LARGEST_LISTS) as file:
        return lines_of(file.read(), str(path))


def lines_of(content: bytes, where: str) -> list[str]:
    """As `read_lines`, of the bytes of a file that errors call ``where``."""
    text = text_of(content, where)
    if not text.strip():
        raise UserError(f"{where}: is empty")
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise UserError(f"{where}: line {number}: contains a NUL, so it is damaged or not text; copy it again")
        if len(line) > LONGEST_TEXT:
            raise UserError(f"{where}: line {number}: {len(line):,} characters; put one sentence on each line")
    return [normalised(line) for line in lines]


def sha256(path: Path) -> str:
    """The hash of a regular file, in hexadecimal digits; raises as `open_file`."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_full(error: OSError) -> bool:
    """Whether a disk, a quota or a limit is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def resumable_when_full(folder: Path) -> Generator[None]:
    """For work that resumes in ``folder``: reports a full disk with what to do.

    Raises:
        UserError: in place of the ``OSError`` of a full disk.
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
    """Reports why ``folder`` cannot be written, and what to do where its disk is full.

    Raises:
        UserError: in place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        advice = "; make room and run it again" if is_full(error) else ""
        raise UserError(f"{folder}: cannot be written ({error.strerror}){advice}") from None


def check_output(path: Path) -> None:
    """Checks whether a file can be written, before the work that makes it.

    Raises:
        UserError: it cannot.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file in it")
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\n")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); name another file") from None


def size_and_mtime(path: Path) -> tuple[int, int]:
    """Bytes of a file and its time of change in nanoseconds, which differ once it was replaced."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def cache_folder() -> Path:
    """The folder of derived files: ``SIGN2GPT_CACHE``, or in the user's cache folder."""
    base = os.environ.get("SIGN2GPT_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return Path(base) if base else home / "sign2gpt"


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return f"cannot be read ({getattr(error, 'strerror', None) or error})"


def _old(path: Path) -> Path:
    return path.parent / short_name(f".{path.name}", ".old")


def _cut(name: str, suffix: str) -> str:
    """The start of a name, with room left for a dot, a random part and ``suffix``."""
    return _head(name, LONGEST_NAME - len(os.fsencode(suffix)) - 16)


def _head(name: str, most: int) -> str:
    """The first letters of a name, at most so many bytes."""
    while len(os.fsencode(name)) > most:
        name = name[:-1]
    return name


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
