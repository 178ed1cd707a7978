"""A hub for tests: what huggingface_hub's client asks when a model is made, sent and brought back, and no more."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Files = dict[str, bytes]


@dataclass
class Hub:
    """Models by name, each with its branches: files by commit; ``private`` are those that were made so."""

    models: dict[str, dict[str, Files]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    address: str = ""

    def files(self, name: str, revision: str) -> Files | None:
        """The files of a branch or a commit."""
        branches = self.models.get(name, {})
        commits = {commit(files): files for files in branches.values()}
        return branches.get(revision, commits.get(revision))


def commit(files: Files) -> str:
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


@contextmanager
def served() -> Iterator[Hub]:
    """A hub that listens while the block runs."""
    hub = Hub()

    class Handler(_Handler):
        state = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    state: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = self._chunks()
        hub = self.state
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            name = "/".join(filter(None, [asked.get("organization"), asked["name"]]))
            hub.models.setdefault(name, {"main": {}})
            hub.private.update({name} if asked.get("private") or asked.get("visibility") == "private" else ())
            self._answer({"url": f"{hub.address}/{name}", "name": name})
        elif self.path == "/api/validate-yaml":
            self._answer({"errors": [], "warnings": []})
        elif found := re.fullmatch(r"/api/models/(.+/.+)/branch/(.+)", self.path):
            hub.models[found[1]].setdefault(found[2], dict(hub.models[found[1]]["main"]))
            self._answer({})
        elif found := re.fullmatch(r"/api/models/(.+/.+)/preupload/(.+)", self.path):
            asked = json.loads(body)["files"]
            modes = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in asked]
            self._answer({"files": modes})
        elif found := re.fullmatch(r"/api/models/(.+/.+)/commit/([^?]+).*", self.path):
            files = hub.models[found[1]][found[2]]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            self._answer({"commitUrl": f"{hub.address}/{found[1]}/commit/{commit(files)}", "commitOid": commit(files)})
        else:
            self._answer({"error": f"no {self.path} here"}, 404)

    def do_GET(self) -> None:
        name, revision, place = self._asked()
        files = self.state.files(name, revision)
        if files is None:
            self._answer({"error": "not found"}, 404, {"X-Error-Code": "RevisionNotFound"})
        elif place:
            self._send(files[place], 200, {"ETag": f'"{hashlib.sha1(files[place]).hexdigest()}"'}, commit(files))
        elif "/tree/" in self.path:
            listed = [{"type": "file", "path": path, "size": len(held), "oid": "0"} for path, held in files.items()]
            self._answer(listed)
        else:
            siblings = [{"rfilename": path} for path in files]
            self._answer({"id": name, "sha": commit(files), "siblings": siblings, "private": False, "tags": []})

    def do_HEAD(self) -> None:
        self.do_GET()

    def _asked(self) -> tuple[str, str, str]:
        """Model, revision and file that an address names."""
        path = self.path.partition("?")[0]
        if found := re.fullmatch(r"/api/models/(.+?/.+?)/(?:revision|tree)/(.+)", path):
            return found[1], found[2], ""
        if found := re.fullmatch(r"/api/models/(.+?/.+?)", path):
            return found[1], "main", ""
        found = re.fullmatch(r"/(.+?/.+?)/resolve/([^/]+)/(.+)", path)
        return (found[1], found[2], found[3]) if found else ("", "", "")

    def _chunks(self) -> bytes:
        held = b""
        while size := int(self.rfile.readline(), 16):
            held += self.rfile.read(size)
            self.rfile.readline()
        return held

    def _answer(self, document: object, code: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(json.dumps(document).encode(), code, {"Content-Type": "application/json"} | (headers or {}))

    def _send(self, body: bytes, code: int, headers: dict[str, str], sha: str = "") -> None:
        self.send_response(code)
        for name, value in (headers | ({"X-Repo-Commit": sha} if sha else {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...
