"""Whose files are whose: what a visitor uploaded, or had made of it, goes when the visitor does."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


class Sessions:
    """Files under ``folder`` by the sessions that use them; the same upload of two visitors is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._users: dict[Path, set[str]] = {}
        self._turn = threading.Lock()

    def files(self) -> int:
        """How many there are."""
        return sum(len(files) for _, _, files in self._walked())

    def owns(self, path: str | Path) -> bool:
        """Whether a path that a visitor names is a file that a visitor brought."""
        return Path(path).resolve().is_relative_to(self.folder)

    def hold(self, session: str | None, path: str | Path | None) -> None:
        """Notes that a session uses a file."""
        if path is not None and self.owns(path):
            with self._turn:
                self._users.setdefault(Path(path).resolve(), set()).add(session or "")

    def new_folder(self) -> Path:
        """A folder for files that are made for a visitor; it goes with the last of them."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def drop(self, folder: Path) -> None:
        """Removes a new folder that nothing came of."""
        shutil.rmtree(folder, ignore_errors=True)

    def take(self, path: Path) -> Path:
        """Moves a file into a folder of its own."""
        taken = self.new_folder() / path.name
        path.rename(taken)
        self.remove(path)
        return taken

    def copy(self, session: str | None, path: Path) -> Path:
        """A copy of a file that lies elsewhere, for a session."""
        copied = self.new_folder() / path.name
        self.hold(session, copied)
        return Path(shutil.copyfile(path, copied))

    def leave(self, session: str | None) -> None:
        """Removes what no other session uses."""
        with self._turn:
            for path, users in list(self._users.items()):
                users.discard(session or "")
                if not users:
                    del self._users[path]
                    self.remove(path)

    def sweep(self, older_s: float) -> None:
        """Removes what is older, whoever has it: a visitor may go without a word."""
        for folder, _, files in self._walked():
            for name in files:
                if _age_s(folder / name) > older_s:
                    self.remove(folder / name)
            if folder != self.folder and _age_s(folder) > older_s:
                _remove_if_empty(folder)

    def remove(self, path: Path) -> None:
        """Removes a file now, and the folder that held it alone."""
        path.unlink(missing_ok=True)
        if path.parent != self.folder:
            _remove_if_empty(path.parent)

    def _walked(self) -> Iterator[tuple[Path, list[str], list[str]]]:
        """Each folder after those within it; one that goes meanwhile holds nothing."""
        for folder, folders, files in os.walk(self.folder, topdown=False):
            yield Path(folder), folders, files


def _age_s(path: Path) -> float:
    """Since a file came here; a copy may have an older time of writing. Below all that is young where it is gone."""
    try:
        found = path.lstat()
    except OSError:
        return -math.inf
    return time.time() - max(found.st_mtime, found.st_ctime)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it is gone, or somebody has just put a file there
        folder.rmdir()
