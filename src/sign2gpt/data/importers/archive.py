"""Reads tar archives, compressed or not, from front to back: nothing is unpacked, and every header is checked."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, cast

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import open_file

MAX_HEADER = 1 << 20
"""Most bytes of one header, long names and attributes included."""
MAX_SKIPPED = 16 << 30
"""Most bytes of a member that is skipped: a compressed one has to be decompressed all the same."""
STEP = 1 << 20
BLOCK = 512

_DAMAGE = (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, IndexError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Member:
    """A file in an archive; ``at`` is its position in the archive file, in bytes."""

    archive: Path
    name: PurePosixPath
    size: int
    plain: bool
    at: int
    _file: _Forward

    def check(self, most: int) -> None:
        """Raises a ``UserError`` unless this is a plain file of at most ``most`` bytes."""
        if not self.plain:
            raise UserError(f"{self.archive}: {self.name} is a link or a device, not a file")
        if self.size > most:
            raise UserError(f"{self.archive}: {self.name} has {self.size:,} bytes; at most {most:,} are allowed")

    def content(self, most: int) -> bytes:
        """Its bytes; must be called before the next member is read."""
        self.check(most)
        with _damage_reported(self.archive):
            content = self._file.read(self.size, most)
            if len(content) < self.size:
                raise EOFError
        return content


@contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    """Raises errors of a damaged archive as a `UserError`."""
    try:
        yield
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except _DAMAGE as error:
        raise UserError(f"{path}: damaged or incomplete ({error or type(error).__name__}); copy it again") from None


class _Forward(io.RawIOBase):
    """A file that is only read forward, and in pieces of bounded size."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._at = file, 0
        self.last = b""

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1, most: int = MAX_HEADER) -> bytes:
        if not 0 <= size <= most:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.last = self._file.read(size)
        self._at += len(self.last)
        return self.last

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset < self._at or whence:
            raise tarfile.ReadError("a header that points back")
        if isinstance(self._file, gzip.GzipFile):
            while self._at < offset and self.read(min(STEP, offset - self._at)):
                pass
        else:
            self._at = self._file.seek(offset)
        return self._at


def is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith((".tar", ".tar.gz", ".tgz"))


def members(path: Path) -> Iterator[Member]:
    """Yields the files in a ``.tar`` or ``.tar.gz``, in its order; memory does not grow with it.

    Raises:
        UserError: the archive is damaged or incomplete, or a member has a path outside it or more than `MAX_SKIPPED`.
    """
    with _damage_reported(path), ExitStack() as stack:
        raw = stack.enter_context(open_file(path))
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        file = _Forward(cast(IO[bytes], stack.enter_context(gzip.open(raw))) if zipped else raw)
        tar = stack.enter_context(tarfile.open(fileobj=cast(Any, file), mode="r:"))
        while (info := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # tarfile would keep all of them
            name = _checked(path, info)
            if not info.isdir():
                yield Member(path, name, info.size, info.isreg() and not info.issparse(), raw.tell(), file)
        if file.last != bytes(BLOCK):  # tarfile treats any block that is no header as the end
            raise UserError(f"{path}: damaged or incomplete at byte {file.tell():,} of its contents; copy it again")


def _checked(path: Path, info: tarfile.TarInfo) -> PurePosixPath:
    name = PurePosixPath(info.name)
    if name.is_absolute() or PureWindowsPath(info.name).anchor or ".." in PureWindowsPath(info.name).parts:
        raise UserError(f"{path}: {info.name[:80]!r} has a path outside the archive; this is not the original release")
    if not 0 <= info.size <= MAX_SKIPPED:
        raise UserError(f"{path}: {info.name[:80]!r} claims {info.size:,} bytes; this is not the original release")
    return name
