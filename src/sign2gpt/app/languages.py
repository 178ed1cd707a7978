"""The pages' language, told to the browser and to Gradio, whose own buttons would follow the browser instead."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from sign2gpt.app.changed import changed
from sign2gpt.app.words import LANGUAGES

GRADIOS = {"zh": "zh-CN"}
"""Names that Gradio has for languages, where they are not ours."""


class InLanguage:
    """Middleware that says in each page's HTML which language it is in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = scope.get("path", "").strip("/")
        if scope["type"] != "http" or language not in LANGUAGES:
            return await self.app(scope, receive, send)
        return await changed(self.app, scope, receive, send, lambda _, body: _told(body, language))


def _told(body: bytes, language: str) -> bytes:
    name = GRADIOS.get(language, language)
    told = f"<script>Object.defineProperty(navigator, 'language', {{get: () => '{name}'}});</script>"
    body = body.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
    return body.replace(b"<head>", b"<head>" + told.encode(), 1)
