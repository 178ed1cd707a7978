"""Uploads: each becomes a file of its own, within limits for one video and for all files of a client.

Gradio names files by their content, so that equal uploads of two callers would be one file.
"""

from __future__ import annotations

import json
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sign2gpt.app.limits import PageLimits, denied
from sign2gpt.app.texts import Texts, texts_for
from sign2gpt.app.web.rewrite_response import rewrite_response
from sign2gpt.app.web.sessions import Sessions

UPLOAD = "/gradio_api/upload"
FRAME = 1 << 16
"""Bytes of a request around its file."""


class OwnUploads:
    """Middleware that moves each upload into a folder of its own, and returns that path to its sender."""

    def __init__(self, app: ASGIApp, sessions: Sessions, limits: PageLimits) -> None:
        self.app, self.sessions, self.limits = app, sessions, limits
        self._coming: list[tuple[str, int]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].rstrip("/").endswith(UPLOAD):
            return await self.app(scope, receive, send)
        client, headers = (scope.get("client") or ("",))[0], Headers(scope=scope)
        most = (self.limits.megabytes << 20) + FRAME
        length = int(headers.get("content-length") or most)
        texts = texts_for(headers)
        if length > most:
            return await self._too_large(texts)(scope, receive, send)
        if not self._has_room(client, length):
            why = texts("too_many_uploads", uploads=self.limits.uploads, megabytes=self.limits.held_megabytes)
            return await denied(429, why)(scope, receive, send)
        coming = (client, length)
        self._coming.append(coming)
        try:
            bounded = _bounded(receive, most)
            await rewrite_response(self.app, scope, bounded, send, lambda *answer: self._stored(client, texts, *answer))
        except ClientDisconnect:  # or too many bytes came
            await self._too_large(texts)(scope, receive, send)
        finally:
            self._coming.remove(coming)

    def _too_large(self, texts: Texts) -> Response:
        return denied(413, texts("too_large", megabytes=self.limits.megabytes))

    def _has_room(self, client: str, length: int) -> bool:
        """Whether a client may send so many bytes, in addition to its files here and to those on their way."""
        files, held = self.sessions.sent_by(client)
        coming = [size for sender, size in self._coming if sender == client]
        most = self.limits.held_megabytes << 20
        return files + len(coming) < self.limits.uploads and held + sum(coming) + length <= most

    def _stored(self, client: str, texts: Texts, status: int, body: bytes) -> bytes | Response:
        """Moves the file that Gradio has stored; it awaits nothing before it answers, so no other upload interferes."""
        if status != 200:
            return denied(status, texts("no_upload"))
        named: list[str] = json.loads(body)
        if len(named) != 1:
            for path in set(named):
                self.sessions.remove(Path(path))
            return denied(400, texts("no_upload"))
        return json.dumps([str(self.sessions.take(Path(named[0]), client))]).encode()


def _bounded(receive: Receive, most: int) -> Receive:
    """Disconnects a client that sends more than ``most`` bytes."""
    seen = 0

    async def received() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > most else message

    return received
