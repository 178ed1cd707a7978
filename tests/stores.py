"""A folder served over HTTP, as a store of shards is: with pieces of files, without, or by a server that refuses."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Served:
    """Where it answers, and the files that were asked for, with the bytes of a piece.

    Args:
        code: with which everything is refused, if it is.
        answering: cleared by a server that keeps all who ask waiting.
    """

    address: str
    code: int = 0
    answering: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def whole(self, name: str) -> int:
        """How often a file was fetched whole."""
        return self.asked.count((f"/{name}", None))


@contextmanager
def served(folder: Path, pieces: bool = True, code: int = 0, silent: bool = False) -> Iterator[Served]:
    """Serves ``folder`` on this machine until the block ends."""
    found = Served("", code)
    if not silent:
        found.answering.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, folder, found, pieces)) as server:
        found.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.answering.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, folder: Path, found: Served, pieces: bool, *arguments: object) -> None:
        self.folder, self.found, self.pieces = folder, found, pieces
        super().__init__(*arguments)  # pyright: ignore[reportArgumentType]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.found.asked.append((self.path, wanted))
        self._answer(body=True, wanted=wanted if self.pieces else None)

    def _answer(self, body: bool, wanted: str | None = None) -> None:
        if not self.found.answering.is_set():
            self.close_connection = self.found.answering.wait()
            return
        if self.found.code:
            self.send_error(self.found.code)
            return
        path = self.folder / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        content, code = path.read_bytes(), 200
        if wanted is not None:
            first, last = map(int, re.findall(r"\d+", wanted))
            content, code = content[first : last + 1], 206
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing on the tests' stderr."""
