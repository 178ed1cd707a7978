"""Requests are checked before Gradio sees them; a malformed one is answered with one line.

Gradio itself would answer with a Python error, fail, or fetch a video from an address that a request names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sign2gpt.app.limits import denied
from sign2gpt.app.web.sessions import Sessions
from sign2gpt.app.web.uploads import UPLOAD

MOST_BYTES = 1 << 20
"""Largest request without a file."""
API = "/gradio_api"
POSTED = re.compile(
    rf"{API}/(?:(?P<call>call/(?:v2/)?(?P<name>[^/]+))|(?P<join>queue/join|run/predict)|(?P<cancel>cancel)|reset)"
)
CLOSED = (f"{API}/deep_link", f"{API}/proxy=", f"{API}/queue/status", "/monitoring")
"""Gradio's endpoints that the page does not use."""
VIDEO = '{"path": what /upload returned, "meta": {"_type": "gradio.FileData"}}'
TAKES = {"translate": ("video", "language"), "about": ()}
"""Endpoints that programs may call, and their parameters."""
CANCEL = {"session_hash", "fn_index", "event_id"}


class Calls:
    """Middleware between visitors and Gradio's ``blocks``."""

    def __init__(self, app: ASGIApp, sessions: Sessions, blocks: gr.Blocks) -> None:
        self.app, self.sessions, self.blocks = app, sessions, blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path, method = scope["path"].rstrip("/"), scope["method"]
        if method in ("GET", "HEAD", "OPTIONS"):
            refusal = self._read(path, scope["query_string"].decode("latin-1"))
        elif path.endswith(UPLOAD):
            refusal = None
        else:
            body, receive = await _body(receive)
            refusal = self._posted(path, body)
        return await (refusal or self.app)(scope, receive, send)

    def _read(self, path: str, query: str) -> Response | None:
        """Why a GET request is refused."""
        queue = self.blocks._queue  # Gradio fails on requests that it does not know
        if path.startswith(CLOSED):
            return denied(404, "no such endpoint")
        if path == f"{API}/queue/data":
            session = parse_qs(query).get("session_hash", [""])[0]
            known = session in queue.pending_messages_per_session
        elif found := re.fullmatch(rf"{API}/call/(?:v2/)?[^/]+/([^/]+)", path):
            waiting = [event for events in list(queue.pending_event_ids_session.values()) for event in events]
            known = found[1] in queue.event_ids_to_events or found[1] in waiting
        else:
            known = True
        return None if known else denied(404, "no such request; its answer may have been fetched already")

    def _posted(self, path: str, body: bytes | None) -> Response | None:
        """Why a POST request is refused."""
        found = POSTED.fullmatch(path)
        if found is None:
            return denied(404, f"no such endpoint; programs post to {API}/upload and {API}/call/translate")
        if body is None:
            return denied(413, f"the request is larger than {MOST_BYTES:,} bytes; send the video to {API}/upload first")
        try:
            asked = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            return denied(400, "the request must be JSON")
        if not isinstance(asked, dict):
            return denied(400, 'the request must be a JSON object, such as {"data": [...]}')
        if found["call"]:
            return self._called(found["name"], asked, by_name="/v2/" in path)
        if found["cancel"] and not asked.keys() >= CANCEL:
            return denied(400, f"the request must contain {', '.join(sorted(CANCEL))}")
        return self._joined(asked) if found["join"] else None

    def _called(self, name: str, asked: dict[str, Any], *, by_name: bool) -> Response | None:
        takes = TAKES.get(name)
        if takes is None:
            return denied(404, f"no endpoint {name[:40]}; there are {', '.join(TAKES)}")
        if not takes:
            return None
        if by_name:
            fits = set(takes[:1]) <= set(asked) <= {*takes, "session_hash"}
            data = [asked[key] for key in takes if key in asked]
        else:
            data = asked.get("data")
            fits = isinstance(data, list) and len(data) == len(takes)
        if not fits or not isinstance(data, list):
            form = "values by name" if by_name else 'a list "data" with two values'
            return denied(400, f"{name} takes {form}: {' and '.join(takes)}")
        if not (isinstance(data[0], dict) and isinstance(data[0].get("path"), str)):
            return denied(400, f"the video must be {VIDEO}")
        if not all(isinstance(value, str) for value in data[1:]):
            return denied(400, "the language must be a string: en, de or zh")
        return self._files(data)

    def _joined(self, asked: dict[str, Any]) -> Response | None:
        """Why a call by a function's number, as the page and ``gradio_client`` send it, is refused."""
        number, data = asked.get("fn_index"), asked.get("data")
        function = self.blocks.fns.get(number) if isinstance(number, int) else None
        if function is None or not isinstance(asked.get("session_hash"), str):
            return denied(400, "fn_index or session_hash is missing or unknown; load the page again")
        if not isinstance(data, list) or len(data) != len(function.inputs):
            return denied(400, f'"data" must be a list of {len(function.inputs)} values')
        return self._files(data)

    def _files(self, data: Sequence[Any]) -> Response | None:
        """Why the files that a request names are refused: each must have been uploaded here."""
        for path in _paths(data):
            if not isinstance(path, str):
                return denied(400, f"the video must be {VIDEO}")
            if not self.sessions.owns(path) or not Path(path).is_file():
                return denied(404, f"the video is not, or no longer, available: upload it to {API}/upload again")
        return None


def asked_for(blocks: gr.Blocks) -> list[str]:
    """Files that waiting and running requests name."""
    events = list(blocks._queue.event_ids_to_events.values())
    return [path for event in events for path in _paths(event.data.data if event.data else []) if isinstance(path, str)]


def _paths(value: Any) -> Iterator[Any]:
    """The ``path`` of each file in a request, at any depth."""
    if isinstance(value, Mapping):
        if "path" in value or "meta" in value:
            yield value.get("path")
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _paths(part)


async def _body(receive: Receive) -> tuple[bytes | None, Receive]:
    """The body of a request, None if it is too large, and a function that reads it again."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False) and len(body) <= MOST_BYTES
    read: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def again() -> Message:
        return read.pop() if read else await receive()

    return (bytes(body) if len(body) <= MOST_BYTES else None), again
