"""Every upload is a file of its own; Gradio names files after their bytes, so that the same of two callers is one."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from sign2gpt.app.changed import changed
from sign2gpt.app.sessions import Sessions

UPLOAD = "/gradio_api/upload"


class OwnUploads:
    """Middleware that moves what was uploaded to where nobody else's can be, and tells its sender that place."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self.app, self.sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith(UPLOAD):
            return await self.app(scope, receive, send)
        return await changed(self.app, scope, receive, send, self._moved)

    def _moved(self, status: int, body: bytes) -> bytes:
        """Gradio awaits nothing between placing a file and answering, so no other upload comes in between."""
        if status != 200:
            return body
        named: list[str] = json.loads(body)
        moved = {path: str(self.sessions.take(Path(path))) for path in set(named)}
        return json.dumps([moved[path] for path in named]).encode()
