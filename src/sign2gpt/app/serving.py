"""The server: pages, API, queue and health, on files of its own that go with it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.themes import Base
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

import sign2gpt
from sign2gpt.app.calls import Calls, asked_for
from sign2gpt.app.hosts import OwnPages, is_local, only_known
from sign2gpt.app.languages import InLanguage
from sign2gpt.app.limits import Limits
from sign2gpt.app.own_uploads import OwnUploads
from sign2gpt.app.page import build_page
from sign2gpt.app.presence import Presence
from sign2gpt.app.service import Service
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.words import preferred
from sign2gpt.common.errors import UserError

SWEEP_S = 10.0
SESSIONS = 256
"""Visitors whose page Gradio remembers, the last ones; its own bound is 10,000, each takes 0.1 MB or more."""
UPLOADS = "GRADIO_TEMP_DIR"
NO_RECORDS = {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(sys.maxsize)}
"""Gradio would keep the last 10,000 requests, and make a table of all of them after each."""
STATIC = Path(__file__).parent / "static"
THEME = Base(
    primary_hue="blue",
    neutral_hue="slate",
    radius_size="md",
    font=["system-ui", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
).set(  # text and buttons have a contrast of 4.5 to 1 or more
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_hover="*primary_800",
    button_primary_background_fill_dark="*primary_700",
    button_primary_text_color="white",
    color_accent="*primary_700",
    link_text_color="*primary_700",
    link_text_color_dark="*primary_300",
)


@contextmanager
def served(
    runs: Sequence[str],
    limits: Limits,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    address: str | None = None,
    language: str | None = None,
    device: str = "auto",
) -> Generator[tuple[gr.Blocks, Service]]:
    """A server that runs while the block does; ``blocks.local_url`` tells where.

    Args:
        host: a name of this machine alone is also the only one that is answered to, unless the page is shared.
        port: None: the first that is free from 7860 on.
        share: also under a public address that Gradio's own servers give.
        address: under which a proxy serves the page to others, such as https://example.org/signs.
        language: that the root leads to; None: the one that the browser prefers.

    Raises:
        UserError: a run cannot be loaded, or the address is taken.
    """
    with (
        tempfile.TemporaryDirectory(prefix="sign2gpt-app-", ignore_cleanup_errors=True) as folder,
        _environment({UPLOADS: folder, **NO_RECORDS}),
        closing(Service(runs, limits, device, public=not is_local(host, share) or address is not None)) as service,
    ):
        sessions = Sessions(Path(folder))
        blocks = build_page(service, sessions)
        blocks.queue(max_size=limits.waiting, default_concurrency_limit=1, api_open=False)
        between = [
            *only_known(host, share, address),
            Middleware(OwnPages, addresses=lambda: [at for at in (address, blocks.share_url) if at], forwarded=share),
            Middleware(Presence, sessions=sessions),
            Middleware(InLanguage),
            Middleware(Calls, sessions=sessions, blocks=blocks),
            Middleware(OwnUploads, sessions=sessions, limits=limits),
        ]
        middle = {"routes": _routes(service, sessions, language), "middleware": between}
        _launch(blocks, limits, host, port, share, address, middle)
        with _swept(blocks, sessions, limits):
            yield blocks, service
        blocks.close(verbose=False)


@contextmanager
def _environment(names: Mapping[str, str]) -> Generator[None]:
    """What Gradio asks the environment for, while the block runs."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def wait() -> None:
    """Waits for Ctrl-C or the system's wish to end, so that uploads go with the server; in the main thread."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Event().wait()


def _launch(
    blocks: gr.Blocks,
    limits: Limits,
    host: str,
    port: int | None,
    share: bool,
    address: str | None,
    app_kwargs: dict[str, Any],
) -> None:
    """Starts to serve, and returns."""
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            share=share,
            root_path=address,
            prevent_thread_lock=True,
            quiet=True,
            show_error=False,
            run_history=False,
            footer_links=["api"],
            ssr_mode=False,
            state_session_capacity=SESSIONS,
            max_file_size=limits.megabytes << 20,
            theme=THEME,
            css_paths=STATIC / "page.css",
            head=_head(),
            app_kwargs=app_kwargs,
        )
    except OSError:
        where = f"port {port}" if port else "any port from 7860 on"
        raise UserError(f"cannot listen at {host}, {where}; name another with --port or --host") from None


@contextmanager
def _swept(blocks: gr.Blocks, sessions: Sessions, limits: Limits) -> Generator[None]:
    """Files that nobody uses are looked for while the block runs."""
    over = threading.Event()

    def sweep() -> None:
        while not over.wait(SWEEP_S):
            with suppress(OSError):  # what cannot be removed now may be next time
                sessions.sweep(limits.keep_s, limits.gone_s, asked_for(blocks))
            forget_gone(blocks)

    threading.Thread(target=sweep, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def forget_gone(blocks: gr.Blocks) -> None:
    """Has Gradio forget the names of files that are not there any more; of itself it keeps each for good."""
    for names in blocks.temp_file_sets:
        names.difference_update([name for name in list(names) if not Path(name).exists()])


def _head() -> str:
    style, script = ((STATIC / name).read_text(encoding="utf-8") for name in ("frame.css", "page.js"))
    return f"<style>{style}</style><script>{script}</script>"


def _routes(service: Service, sessions: Sessions, language: str | None) -> list[Route]:
    def start(request: Request) -> Response:
        wanted = language or preferred(request.headers.get("accept-language", ""))
        return RedirectResponse(wanted)

    def health(request: Request) -> Response:
        return JSONResponse(health_of(service, sessions))

    return [Route("/", start), Route("/health", health)]


def health_of(service: Service, sessions: Sessions) -> dict[str, Any]:
    """What `/health` tells."""
    workers = [
        {"run": worker.run, "pid": worker.pid, "restarts": worker.restarts, "busy": worker.busy}
        for worker in service.workers
    ]
    return {"status": "ok", "version": sign2gpt.__version__, "workers": workers, "files": sessions.files()}
