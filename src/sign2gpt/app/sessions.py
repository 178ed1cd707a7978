"""Whose files are whose: what a visitor uploaded, or had made of it, goes soon after the visitor does."""

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

MOST = 32
"""Files of one session; a further one lets go of the oldest."""


@dataclass
class _Known:
    """What is known of a file.

    sender: the client that sent it; "": it was made here.
    reads: what a model reads in its place.
    found: its translation by each run.
    """

    users: set[str] = field(default_factory=set)
    sender: str = ""
    reads: Path | None = None
    found: dict[int, Any] = field(default_factory=dict)


class Sessions:
    """Files under ``folder`` by the sessions that use them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._known: dict[Path, _Known] = {}
        self._here: Counter[str] = Counter()
        self._left: dict[str, float] = {}
        self._turn = threading.Lock()

    def files(self) -> int:
        """How many there are."""
        return sum(len(files) for _, _, files in self._walked())

    def owns(self, path: str | Path) -> bool:
        """Whether a path that a visitor names is a file that a visitor brought."""
        return Path(path).resolve().is_relative_to(self.folder)

    def enter(self, session: str) -> None:
        """Somebody is there: what the session holds stays. Who enters twice has to leave twice."""
        with self._turn:
            self._here[session] += 1

    def depart(self, session: str) -> None:
        """Nobody is there; what the session holds stays for a while, for a page that is only loaded again."""
        with self._turn:
            self._here[session] -= 1
            if self._here[session] <= 0:
                del self._here[session]
                self._left[session] = time.time()

    def hold(self, session: str | None, path: str | Path | None) -> None:
        """Notes that a session uses a file."""
        if path is None or not self.owns(path):
            return
        session = session or ""
        with self._turn:
            self._of(path).users.add(session)
            held = [path for path, known in self._known.items() if session in known.users]
            for oldest in held[:-MOST]:
                self._let_go(session, oldest)

    def new_folder(self) -> Path:
        """A folder for files that are made for a visitor; it goes with the last of them."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def drop(self, folder: Path) -> None:
        """Removes a new folder that nothing came of."""
        shutil.rmtree(folder, ignore_errors=True)

    def take(self, path: Path, client: str = "") -> Path:
        """Moves a file that a client has sent into a folder of its own."""
        taken = self.new_folder() / path.name
        path.rename(taken)
        self.remove(path)
        self._of(taken).sender = client
        return taken

    def sent_by(self, client: str) -> tuple[int, int]:
        """How many files of a client are here, and their bytes."""
        sizes = [_bytes(path) for path, known in list(self._known.items()) if known.sender == client]
        return len(sizes), sum(sizes)

    def copy(self, session: str | None, path: Path, reads: Path | None = None) -> Path:
        """A copy of a file that lies elsewhere, for a session; a model reads ``reads`` in its place."""
        copied = self.new_folder() / path.name
        self.hold(session, copied)
        self._of(copied).reads = reads
        return Path(shutil.copyfile(path, copied))

    def reads(self, path: str) -> str:
        """What a model reads in the place of a file: the file itself, for most."""
        known = self._known.get(Path(path).resolve())
        return str(known.reads) if known and known.reads else path

    def remember(self, path: str, run: int, found: Any) -> None:
        """Notes the translation of a file by a run, for as long as the file is here."""
        if Path(path).resolve() in self._known:
            self._of(path).found[run] = found

    def remembered(self, path: str | None, run: int = 0) -> Any:
        """The translation of a file by a run, None where there is none."""
        known = self._known.get(Path(path).resolve()) if path else None
        return known and known.found.get(run)

    def leave(self, session: str | None) -> None:
        """Removes what no other session uses, at once."""
        with self._turn:
            self._here.pop(session or "", None)
            for path in list(self._known):
                self._let_go(session or "", path)

    def sweep(self, older_s: float, gone_s: float = math.inf, asked: Collection[str] = ()) -> None:
        """Removes what is older than ``older_s``, and what nobody who is there has used for ``gone_s``.

        Args:
            asked: files that requests which wait for their turn name; these stay.
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
        """Removes a file now, and the folder that held it alone."""
        self._known.pop(path, None)
        path.unlink(missing_ok=True)
        if path.parent != self.folder:
            _remove_if_empty(path.parent)

    def _let_go(self, session: str, path: Path) -> None:
        """Called in turn; a session lets go of a file, which goes where no other uses it."""
        users = self._known[path].users
        if session in users:
            users.discard(session)
            if not users:
                self.remove(path)

    def _of(self, path: str | Path) -> _Known:
        return self._known.setdefault(Path(path).resolve(), _Known())

    def _unused_s(self, path: Path) -> float:
        """Since somebody who used a file was there, or since it came; below zero while somebody is."""
        with self._turn:
            known = self._known.get(path)
            users = known.users if known else set[str]()
            if any(user in self._here for user in users):
                return -math.inf
            left = max((self._left.get(user, -math.inf) for user in users), default=-math.inf)
        return min(time.time() - left, _age_s(path))

    def _forget(self, gone_s: float) -> None:
        """Forgets who left long ago."""
        with self._turn:
            recent = time.time() - gone_s
            self._left = {session: left for session, left in self._left.items() if left > recent}

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


def _bytes(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it is gone, or somebody has just put a file there
        folder.rmdir()
