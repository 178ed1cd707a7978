"""What the page's server answers to whom: other sites, malformed requests, and clients that send too much."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sign2gpt.app.limits import PageLimits
from sign2gpt.app.web.sessions import Sessions
from sign2gpt.model.runs.shipped import shipped_examples

pytest.importorskip("gradio", reason="the page needs the extra `app`")
httpx = pytest.importorskip("httpx")

EXAMPLE = shipped_examples()[-1]
LIMITS = PageLimits(megabytes=1, uploads=4)
FILE = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, Sessions]]:
    """The address of a running page, behind a proxy as well, and its uploads."""
    from sign2gpt.app.serving import served

    with served(["demo"], LIMITS, address="https://signs.example/reader") as (blocks, _):
        kept: list[Any] = [middleware.kwargs.get("sessions") for middleware in blocks.app.user_middleware]
        yield str(blocks.local_url).rstrip("/"), next(filter(None, kept))


def send(address: str, **asked: Any) -> Any:
    """An upload of the example."""
    return httpx.post(f"{address}/gradio_api/upload", files={"files": EXAMPLE.open("rb")}, **asked)


def swept(sessions: Sessions) -> bool:
    """Whether nothing is left after what nobody uses is removed."""
    sessions.sweep(3600, -1)
    return sessions.files() == 0


@pytest.mark.parametrize("path", ["upload", "queue/join", "call/translate", "call/about", "cancel"])
def test_a_page_of_another_site_changes_nothing(site: tuple[str, Sessions], path: str) -> None:
    address, sessions = site
    before = sessions.files()
    for sent in ({"origin": "https://elsewhere.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        asked = httpx.post(f"{address}/gradio_api/{path}", files={"files": EXAMPLE.open("rb")}, headers=sent)
        assert asked.status_code == 403
        assert "another site" in asked.json()["error"]
        assert "access-control-allow-origin" not in asked.headers
    assert sessions.files() == before


def test_the_pages_own_requests_and_programs_pass(site: tuple[str, Sessions]) -> None:
    address, sessions = site
    own = ({}, {"origin": address, "sec-fetch-site": "same-origin"}, {"origin": "https://signs.example"})
    assert [send(address, headers=sent).status_code for sent in own] == [200, 200, 200]
    assert swept(sessions)


def test_the_pages_address_is_the_one_that_was_named(site: tuple[str, Sessions]) -> None:
    for header, value in (("x-forwarded-host", "elsewhere.example"), ("x-gradio-server", "http://elsewhere.example")):
        page = httpx.get(f"{site[0]}/en", headers={header: value}).text
        assert "elsewhere.example" not in page
        assert "https://signs.example/reader" in page


MISSING = {"path": "/etc/passwd", "meta": FILE}
MALFORMED = [
    ("call/translate", b"{", 400),
    ("call/translate", b"[]", 400),
    ("call/translate", b"[" * 100_000, 400),
    ("call/translate", b"\xff", 400),
    ("call/translate", {}, 400),
    ("call/translate", {"data": []}, 400),
    ("call/translate", {"data": "x"}, 400),
    ("call/translate", {"data": [None, "en"]}, 400),
    ("call/translate", {"data": ["/etc/passwd", "en"]}, 400),
    ("call/translate", {"data": [{"url": "http://127.0.0.1:1/x", "meta": FILE}, "en"]}, 400),
    ("call/translate", {"data": [{"path": 5, "meta": FILE}, "en"]}, 400),
    ("call/translate", {"data": [MISSING, "en"]}, 404),
    ("call/translate", {"data": [{"path": "https://elsewhere.example/clip.mp4", "meta": FILE}, "en"]}, 404),
    ("call/translate", {"data": [MISSING, 7]}, 400),
    ("call/translate", {"data": ["x" * (2 << 20)]}, 413),
    ("call/nonsense", {"data": []}, 404),
    ("call/v2/translate", {}, 400),
    ("call/v2/translate", {"video": MISSING, "size": 1}, 400),
    ("call/v2/translate", {"video": MISSING}, 404),
    ("queue/join", {"data": []}, 400),
    ("queue/join", {"data": [], "fn_index": 9999, "session_hash": "a"}, 400),
    ("queue/join", {"data": [MISSING, "en"], "fn_index": 0, "session_hash": "a"}, 404),
    ("queue/join", {"data": [], "fn_index": 0, "session_hash": "a"}, 400),
    ("cancel", {}, 400),
    ("run/translate", {"data": []}, 404),
    ("run/predict", {"data": []}, 400),
    ("run/predict", {"data": [MISSING, "en"], "fn_index": 0, "session_hash": "a"}, 404),
    ("component_server", {}, 404),
    ("process_recording", {}, 404),
    ("upload", {}, 400),
]


@pytest.mark.parametrize(("path", "body", "status"), MALFORMED)
def test_malformed_requests_are_answered_with_a_line(
    site: tuple[str, Sessions], path: str, body: Any, status: int
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = httpx.post(f"{site[0]}/gradio_api/{path}", content=content, headers={"content-type": "application/json"})
    assert asked.status_code == status
    line = asked.json()["error"]
    assert line
    assert "\n" not in line
    assert not any(word in line for word in ("NoneType", "Traceback", "subscriptable", "/etc", "/tmp"))


@pytest.mark.parametrize("path", ["call/translate/none", "queue/data?session_hash=none", "deep_link?session_hash=a"])
def test_what_is_not_there_is_not_found(site: tuple[str, Sessions], path: str) -> None:
    asked = httpx.get(f"{site[0]}/gradio_api/{path}")
    assert asked.status_code == 404
    assert asked.json()["error"]


def test_the_values_that_are_checked_are_those_of_the_endpoints(site: tuple[str, Sessions]) -> None:
    from sign2gpt.app.web.calls import TAKES

    endpoints = httpx.get(f"{site[0]}/gradio_api/info").json()["named_endpoints"]
    named = {
        name.strip("/"): [value["parameter_name"] for value in is_["parameters"]] for name, is_ in endpoints.items()
    }
    assert named == {name: list(values) for name, values in TAKES.items()}


def test_one_client_has_so_many_files_here_and_they_go_when_nobody_asks(site: tuple[str, Sessions]) -> None:
    address, sessions = site
    assert swept(sessions)
    assert [send(address).status_code for _ in range(LIMITS.uploads)] == LIMITS.uploads * [200]
    assert send(address).status_code == 429
    german = send(address, headers={"referer": f"{address}/de"})
    assert german.json()["error"].startswith("Zu viele Uploads")
    assert swept(sessions)
    assert send(address).status_code == 200
    assert swept(sessions)


def test_one_request_brings_one_file_of_so_many_bytes(site: tuple[str, Sessions]) -> None:
    address, sessions = site
    assert swept(sessions)
    two = httpx.post(f"{address}/gradio_api/upload", files=[("files", ("a.mp4", b"a")), ("files", ("b.mp4", b"b"))])
    assert two.status_code == 400
    large = {"files": ("large.mp4", bytes((LIMITS.megabytes << 20) + (1 << 17)))}
    assert httpx.post(f"{address}/gradio_api/upload", files=large).status_code == 413

    def parts() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="large.mp4"\r\n\r\n'
        for _ in range(32):
            yield bytes(1 << 16)
        yield b"\r\n--x--\r\n"

    unsized = {"content-type": "multipart/form-data; boundary=x"}
    assert httpx.post(f"{address}/gradio_api/upload", content=parts(), headers=unsized).status_code == 413
    assert swept(sessions)


def test_an_address_that_no_browser_opens_is_refused_before_anything_is_loaded() -> None:
    command = [sys.executable, "-m", "sign2gpt", "app", "nowhere", "--address", "signs.example"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("must be an address such as https://example.org/signs")
