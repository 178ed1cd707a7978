"""Which visitor uses which file: uploads and what is made of them are removed soon after the visitor leaves."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

MOST = 32
"""Files of one session; one more releases the oldest."""
HEARTBEAT = "/gradio_api/heartbeat/"


@dataclass
class _KnownFile:
    """What is known of a file.

    Attributes:
        users: sessions that use it.
        sender: the client that sent it, or "" if it was made here.
        reads: the file that a model reads in its place.
        translations: by each run.
    """

    users: set[str] = field(default_factory=set)
    sender: str = ""
    reads: Path | None = None
    translations: dict[int, Any] = field(default_factory=dict)


class Sessions:
    """Files under ``folder`` by the sessions that use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._known: dict[Path, _KnownFile] = {}
        self._here: Counter[str] = Counter()
        self._left: dict[str, float] = {}
        self._lock = threading.Lock()

    def files(self) -> int:
        """How many files there are."""
        return sum(len(files) for _, _, files in self._walked())

    def owns(self, path: str | Path) -> bool:
        """Whether a path lies in the folder of uploads."""
        return Path(path).resolve().is_relative_to(self.folder)

    def enter(self, session: str) -> None:
        """A page is open: the session's files stay. A session that enters twice has to depart twice."""
        with self._lock:
            self._here[session] += 1

    def depart(self, session: str) -> None:
        """A page is closed; the session's files stay for a while, in case the page is only reloaded."""
        with self._lock:
            self._here[session] -= 1
            if self._here[session] <= 0:
                del self._here[session]
                self._left[session] = time.time()

    def hold(self, session: str | None, path: str | Path | None) -> None:
        """Notes that a session uses a file."""
        if path is None or not self.owns(path):
            return
        session = session or ""
        with self._lock:
            self._of(path).users.add(session)
            files = [path for path, known in self._known.items() if session in known.users]
            for oldest in files[:-MOST]:
                self._release(session, oldest)

    def new_folder(self) -> Path:
        """A folder for files that are made for a visitor; it is removed with the last of them."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def drop(self, folder: Path) -> None:
        """Removes a new folder that is not used after all."""
        shutil.rmtree(folder, ignore_errors=True)

    def take(self, path: Path, client: str = "") -> Path:
        """Moves a file that a client has sent into a folder of its own; returns its new path."""
        taken = self.new_folder() / path.name
        path.rename(taken)
        self.remove(path)
        self._of(taken).sender = client
        return taken

    def sent_by(self, client: str) -> tuple[int, int]:
        """Number and bytes of a client's files."""
        sizes = [_bytes(path) for path, known in list(self._known.items()) if known.sender == client]
        return len(sizes), sum(sizes)

    def copy(self, session: str | None, path: Path, reads: Path | None = None) -> Path:
        """A copy of a file from elsewhere, for a session; a model reads ``reads`` in its place."""
        copied = self.new_folder() / path.name
        self.hold(session, copied)
        self._of(copied).reads = reads
        return Path(shutil.copyfile(path, copied))

    def reads(self, path: str) -> str:
        """The file that a model reads in the place of another; for most it is the same one."""
        known = self._known.get(Path(path).resolve())
        return str(known.reads) if known and known.reads else path

    def remember(self, path: str, run: int, translation: Any) -> None:
        """Keeps the translation of a file by a run, for as long as the file exists."""
        if Path(path).resolve() in self._known:
            self._of(path).translations[run] = translation

    def remembered(self, path: str | None, run: int = 0) -> Any:
        """The translation of a file by a run, or None."""
        known = self._known.get(Path(path).resolve()) if path else None
        return known and known.translations.get(run)

    def leave(self, session: str | None) -> None:
        """Removes at once the files that no other session uses."""
        with self._lock:
            self._here.pop(session or "", None)
            for path in list(self._known):
                self._release(session or "", path)

    def sweep(self, older_s: float, gone_s: float = math.inf, asked: Collection[str] = ()) -> None:
        """Removes files older than ``older_s``, and files that no open page has used for ``gone_s``.

        Args:
            asked: files that waiting requests name; the second rule does not apply to them.
        """
        waited = {Path(path).resolve() for path in asked}
        for folder, _, files in self._walked():
            for path in (folder / name for name in files):
                if _age_s(path) > older_s or (path not in waited and self._unused_s(path) > gone_s):
                    self.remove(path)
            if folder != self.folder and _age_s(folder) > older_s:
                _remove_if_empty(folder)
        self._forget(gone_s)

    def remove(self, path: Path) -> None:
        """Removes a file, and its folder if that is empty then."""
        self._known.pop(path, None)
        path.unlink(missing_ok=True)
        if path.parent != self.folder:
            _remove_if_empty(path.parent)

    def _release(self, session: str, path: Path) -> None:
        """Releases a session's file, and removes it if no other session uses it; the caller holds the lock."""
        users = self._known[path].users
        if session in users:
            users.discard(session)
            if not users:
                self.remove(path)

    def _of(self, path: str | Path) -> _KnownFile:
        return self._known.setdefault(Path(path).resolve(), _KnownFile())

    def _unused_s(self, path: Path) -> float:
        """Seconds since the last user of a file left, or since it came; negative while a user's page is open."""
        with self._lock:
            known = self._known.get(path)
            users = known.users if known else set[str]()
            if any(user in self._here for user in users):
                return -math.inf
            left = max((self._left.get(user, -math.inf) for user in users), default=-math.inf)
        return min(time.time() - left, _age_s(path))

    def _forget(self, gone_s: float) -> None:
        """Forgets sessions that left long ago."""
        with self._lock:
            recent = time.time() - gone_s
            self._left = {session: left for session, left in self._left.items() if left > recent}

    def _walked(self) -> Iterator[tuple[Path, list[str], list[str]]]:
        """Each folder after its sub-folders; one that is removed meanwhile counts as empty."""
        for folder, folders, files in os.walk(self.folder, topdown=False):
            yield Path(folder), folders, files


class SessionPresence:
    """Middleware that notes which pages are open: each keeps a connection, Gradio's heartbeat, until it is closed."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self.app, self.sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or HEARTBEAT not in scope["path"]:
            return await self.app(scope, receive, send)
        session = scope["path"].rpartition("/")[2]
        self.sessions.enter(session)
        try:
            await self.app(scope, receive, send)
        finally:
            self.sessions.depart(session)


def _age_s(path: Path) -> float:
    """Seconds since a file came here (a copy may keep its old time of change); -inf if it is missing."""
    try:
        found = path.lstat()
    except OSError:
        return -math.inf
    return time.time() - max(found.st_mtime, found.st_ctime)


def _bytes(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it is missing, or has just been given a file
        folder.rmdir()
