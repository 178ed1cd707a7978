"""Who is there: each page keeps a connection open (Gradio's heartbeat), which ends with it or with its network."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from sign2gpt.app.sessions import Sessions

HEARTBEAT = "/gradio_api/heartbeat/"


class Presence:
    """Middleware that has `Sessions` know which pages are open."""

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
