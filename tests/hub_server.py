"""A hub for tests: what huggingface_hub's client asks when a model is made, sent and brought back, and no more.

As on the hub, weights go to a large file storage (LFS) on another host: the client asks where to put them, puts them
there, has them verified, and commits their hashes alone; whoever asks for such a file is sent on to the storage.
"""

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
from typing import Any

Files = dict[str, bytes]


@dataclass
class Hub:
    """Models by name, each with its branches: files by commit; ``private`` are those that were made so.

    Args:
        storage: address of the large file storage, which ``large`` lies in by its SHA-256.
        full: the storage takes nothing more.
    """

    models: dict[str, dict[str, Files]] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    large: Files = field(default_factory=dict)
    full: bool = False
    address: str = ""
    storage: str = ""

    def files(self, name: str, revision: str) -> Files | None:
        """The files of a branch or a commit."""
        branches = self.models.get(name, {})
        commits = {commit(files): files for files in branches.values()}
        return branches.get(revision, commits.get(revision))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
    hub.storage = f"http://localhost:{server.server_port}/storage"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def _mode(path: str) -> dict[str, str]:
    return {"path": path, "uploadMode": "lfs" if path.endswith(".safetensors") else "regular"}


class _Handler(BaseHTTPRequestHandler):
    state: Hub

    def do_POST(self) -> None:
        body, hub = self._body(), self.state
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
            self._answer({"files": [{**_mode(file["path"]), "shouldIgnore": False} for file in asked]})
        elif re.fullmatch(r"/.+/.+\.git/info/lfs/objects/batch", self.path):
            asked = json.loads(body)["objects"]
            self._answer({"transfer": "basic", "objects": [self._where(each) for each in asked]})
        elif found := re.fullmatch("/storage/(.+)/verify", self.path):
            asked = json.loads(body)
            held = hub.large.get(asked["oid"], b"")
            self._answer({}, 200 if (asked["oid"], asked["size"]) == (found[1], len(held)) else 404)
        elif found := re.fullmatch(r"/api/models/(.+/.+)/commit/([^?]+).*", self.path):
            files = hub.models[found[1]][found[2]]
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
                elif line["key"] == "lfsFile":
                    files[line["value"]["path"]] = hub.large[line["value"]["oid"]]
            self._answer({"commitUrl": f"{hub.address}/{found[1]}/commit/{commit(files)}", "commitOid": commit(files)})
        else:
            self._answer({"error": f"no {self.path} here"}, 404)

    def do_PUT(self) -> None:
        body, oid = self._body(), self.path.rpartition("/")[2]
        if self.state.full or sha256(body) != oid or "Authorization" in self.headers:  # an address of its own suffices
            self._answer({"error": "the storage does not take it"}, 403)
        else:
            self.state.large[oid] = body
            self._answer({})

    def do_GET(self) -> None:
        if found := re.fullmatch("/storage/(.+)", self.path):
            self._send(self.state.large[found[1]], 200, {})
            return
        name, revision, place = self._asked()
        files = self.state.files(name, revision)
        if files is None:
            self._answer({"error": "not found"}, 404, {"X-Error-Code": "RevisionNotFound"})
        elif place and (oid := sha256(files[place])) in self.state.large:
            linked = {"X-Linked-ETag": f'"{oid}"', "X-Linked-Size": str(len(files[place]))}
            self._send(b"", 302, linked | {"Location": f"{self.state.storage}/{oid}"}, commit(files))
        elif place:
            self._send(files[place], 200, {"ETag": f'"{hashlib.sha1(files[place]).hexdigest()}"'}, commit(files))
        elif "/tree/" in self.path:
            self._answer([self._listed(path, held) for path, held in files.items()])
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

    def _where(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Where an object is put and verified."""
        place = f"{self.state.storage}/{asked['oid']}"
        return asked | {"actions": {"upload": {"href": place}, "verify": {"href": f"{place}/verify"}}}

    def _listed(self, path: str, held: bytes) -> dict[str, Any]:
        oid = sha256(held)
        large = {"lfs": {"oid": oid, "size": len(held), "pointerSize": 134}} if oid in self.state.large else {}
        return {"type": "file", "path": path, "size": len(held), "oid": hashlib.sha1(held).hexdigest(), **large}

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
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
