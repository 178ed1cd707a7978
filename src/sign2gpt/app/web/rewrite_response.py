"""Responses of Gradio that are changed on their way out; each is collected whole first."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sign2gpt.app.texts import LANGUAGES

Change = Callable[[int, bytes], bytes | Response]
"""From a response's status and body to the body that is sent, or to another response."""
GRADIO_NAMES = {"zh": "zh-CN"}
"""Gradio's names of languages, where they differ from ours."""


async def rewrite_response(app: ASGIApp, scope: Scope, receive: Receive, send: Send, change: Change) -> None:
    """Has ``app`` answer a request, and sends what ``change`` makes of its response."""
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


class PageLanguage:
    """Middleware that states each page's language in its HTML, and has Gradio's own texts follow it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = scope.get("path", "").strip("/")
        if scope["type"] != "http" or language not in LANGUAGES:
            return await self.app(scope, receive, send)
        return await rewrite_response(self.app, scope, receive, send, lambda _, body: _in_language(body, language))


def _in_language(html: bytes, language: str) -> bytes:
    name = GRADIO_NAMES.get(language, language)
    script = f"<script>Object.defineProperty(navigator, 'language', {{get: () => '{name}'}});</script>"
    html = html.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
    return html.replace(b"<head>", b"<head>" + script.encode(), 1)
