"""Whose files are whose: what a visitor uploaded, or had made of it, goes when the visitor does."""

from __future__ import annotations

import tempfile
import threading
import time
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
        return sum(path.is_file() for path in self.folder.rglob("*"))

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
        for path in list(self.folder.rglob("*")):
            with suppress(FileNotFoundError):  # somebody leaves just now
                if path.is_file() and time.time() - path.stat().st_mtime > older_s:
                    self.remove(path)

    def remove(self, path: Path) -> None:
        """Removes a file now, and the folder that held it alone."""
        path.unlink(missing_ok=True)
        if path.parent != self.folder and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
