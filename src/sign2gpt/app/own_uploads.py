"""Uploads: each is a file of its own, and one client has so many bytes and files here at once.

Gradio names files after their bytes, so that the same of two callers is one.
"""

from __future__ import annotations

import json
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sign2gpt.app.changed import changed
from sign2gpt.app.denials import denied
from sign2gpt.app.limits import Limits
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.words import Words, words_for

UPLOAD = "/gradio_api/upload"
FRAME = 1 << 16
"""Bytes of a request around its file."""


class OwnUploads:
    """Middleware that moves what was uploaded to where nobody else's can be, and tells its sender that place."""

    def __init__(self, app: ASGIApp, sessions: Sessions, limits: Limits) -> None:
        self.app, self.sessions, self.limits = app, sessions, limits
        self._coming: list[tuple[str, int]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].rstrip("/").endswith(UPLOAD):
            return await self.app(scope, receive, send)
        client, headers = (scope.get("client") or ("",))[0], Headers(scope=scope)
        most = (self.limits.megabytes << 20) + FRAME
        length = int(headers.get("content-length") or most)
        words = words_for(headers)
        if length > most:
            return await self._too_large(words)(scope, receive, send)
        if not self._has_room(client, length):
            why = words("too_many_uploads", uploads=self.limits.uploads, megabytes=self.limits.held_megabytes)
            return await denied(429, why)(scope, receive, send)
        coming = (client, length)
        self._coming.append(coming)
        try:
            bounded = _bounded(receive, most)
            await changed(self.app, scope, bounded, send, lambda *answer: self._moved(client, words, *answer))
        except ClientDisconnect:  # or more has come than may
            await self._too_large(words)(scope, receive, send)
        finally:
            self._coming.remove(coming)

    def _too_large(self, words: Words) -> Response:
        return denied(413, words("too_large", megabytes=self.limits.megabytes))

    def _has_room(self, client: str, length: int) -> bool:
        """Whether a client may send so many bytes, with what it has here and what is on its way."""
        files, held = self.sessions.sent_by(client)
        coming = [size for sender, size in self._coming if sender == client]
        most = self.limits.held_megabytes << 20
        return files + len(coming) < self.limits.uploads and held + sum(coming) + length <= most

    def _moved(self, client: str, words: Words, status: int, body: bytes) -> bytes | Response:
        """Gradio awaits nothing between placing a file and answering, so no other upload comes in between."""
        if status != 200:
            return denied(status, words("no_upload"))
        named: list[str] = json.loads(body)
        if len(named) != 1:
            for path in set(named):
                self.sessions.remove(Path(path))
            return denied(400, words("no_upload"))
        return json.dumps([str(self.sessions.take(Path(named[0]), client))]).encode()


def _bounded(receive: Receive, most: int) -> Receive:
    """Hangs up on who sends more than ``most`` bytes."""
    seen = 0

    async def received() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > most else message

    return received
