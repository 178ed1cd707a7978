"""A folder for one command alone: the second is told so, and a killed one leaves no lock that holds."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import is_partial

LOCK = ".lock"
"""Inside a folder, where nothing replaces it as a whole."""


def is_left(path: Path) -> bool:
    """Whether a command that was killed before it could take the folder around it left this."""
    return path.name == LOCK or is_partial(path)


def lock_beside(folder: Path) -> Path:
    """The lock of a folder that appears as a whole, which is in its parent: ``.NAME.lock``."""
    folder = folder.resolve()
    return folder.parent / f".{folder.name}.lock"


@contextmanager
def held(folder: Path, lock: Path) -> Generator[None]:
    """Keeps other commands from writing to ``folder`` as long as the block runs.

    Args:
        lock: the file by which they know of each other; it is gone after the block. One that a killed process left
            holds nobody up, for the system's lock on it went with the process.

    Raises:
        UserError: another process writes there.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = FileLock(lock, timeout=0)
    try:
        holder.acquire()
    except Timeout:
        raise UserError(f"{folder}: another command writes here; wait for its end, or name another folder") from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)  # before the release, so that nobody's is taken away
        holder.release()
