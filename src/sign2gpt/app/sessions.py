"""Whose files are whose: what a visitor uploaded goes when the visitor does."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path


class Sessions:
    """Files under ``folder`` by the sessions that use them; the same upload of two visitors is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._users: dict[Path, set[str]] = {}
        self._turn = threading.Lock()

    def hold(self, session: str | None, path: str | Path | None) -> None:
        """Notes that a session uses a file of this folder."""
        if path is None or not Path(path).resolve().is_relative_to(self.folder):
            return
        with self._turn:
            self._users.setdefault(Path(path).resolve(), set()).add(session or "")

    def place(self, session: str | None, suffix: str) -> Path:
        """A new file's path for a session."""
        handle, name = tempfile.mkstemp(suffix=suffix, dir=self.folder)
        os.close(handle)
        self.hold(session, name)
        return Path(name)

    def leave(self, session: str) -> None:
        """Removes what no other session uses."""
        with self._turn:
            for path, users in list(self._users.items()):
                users.discard(session)
                if not users:
                    del self._users[path]
                    self._remove(path)

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.parent != self.folder and not any(path.parent.iterdir()):
            path.parent.rmdir()
