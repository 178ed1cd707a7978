"""The pages' language, told to the browser and to Gradio, whose own buttons would follow the browser instead."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sign2gpt.app.words import LANGUAGES


class InLanguage:
    """Middleware that says in each page's HTML which language it is in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        language = scope.get("path", "").strip("/")
        if scope["type"] != "http" or language not in LANGUAGES:
            return await self.app(scope, receive, send)
        begun: list[Message] = []
        body = bytearray()

        async def collected(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await self._send(begun[0], bytes(body), language, send)

        return await self.app(scope, receive, collected)

    async def _send(self, begun: Message, body: bytes, language: str, send: Send) -> None:
        told = f"<script>Object.defineProperty(navigator, 'language', {{get: () => '{language}'}});</script>"
        body = body.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
        body = body.replace(b"<head>", b"<head>" + told.encode(), 1)
        headers = [(name, value) for name, value in begun["headers"] if name != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({**begun, "headers": headers})
        await send({"type": "http.response.body", "body": body})
