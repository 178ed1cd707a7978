"""Answers of Gradio's that are changed on their way out; the whole of one has to be there first."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Change = Callable[[int, bytes], bytes | Response]
"""From an answer's status and body to the body that is sent, or to another answer."""


async def changed(app: ASGIApp, scope: Scope, receive: Receive, send: Send, change: Change) -> None:
    """Lets ``app`` answer a request, and sends what ``change`` makes of it."""
    begun: list[Message] = []
    body = bytearray()

    async def collected(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.append(message)
            return
        body.extend(message.get("body", b""))
        if not message.get("more_body"):
            instead = change(begun[0]["status"], bytes(body))
            if isinstance(instead, Response):
                await instead(scope, receive, send)
            else:
                await _send(begun[0], instead, send)

    await app(scope, receive, collected)


async def _send(begun: Message, body: bytes, send: Send) -> None:
    headers = [(name, value) for name, value in begun["headers"] if name != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({**begun, "headers": headers})
    await send({"type": "http.response.body", "body": body})
