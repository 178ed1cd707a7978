"""Locks of folders: one command writes to a folder at a time, and a killed one blocks no other."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import is_partial

LOCK = ".lock"
"""Lock file inside a folder that is never replaced as a whole."""


def is_left(path: Path) -> bool:
    """Whether a killed command left this file or folder."""
    return path.name == LOCK or is_partial(path)


def lock_next_to(folder: Path) -> Path:
    """Lock file of a folder that is replaced as a whole: ``.NAME.lock`` in its parent."""
    folder = folder.resolve()
    return folder.parent / f".{folder.name}.lock"


@contextmanager
def locked(folder: Path, lock: Path) -> Generator[None]:
    """Keeps other commands from writing to ``folder`` as long as the block runs.

    Args:
        lock: the lock file, deleted after the block. One left by a killed process blocks no other, because the
            system releases the lock with the process.

    Raises:
        UserError: another process writes to the folder.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = FileLock(lock, timeout=0)
    try:
        holder.acquire()
    except Timeout:
        raise UserError(f"{folder}: another command writes here; wait until it ends, or name another folder") from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)  # before the release, or it could be another command's
        holder.release()
