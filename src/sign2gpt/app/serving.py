"""The server: pages, API, queue and health; its files are removed when it ends."""

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

from sign2gpt.app.limits import PageLimits
from sign2gpt.app.page.page import build_page
from sign2gpt.app.texts import preferred
from sign2gpt.app.web.calls import Calls, asked_for
from sign2gpt.app.web.hosts import OwnPages, is_local, only_known
from sign2gpt.app.web.rewrite_response import PageLanguage
from sign2gpt.app.web.sessions import SessionPresence, Sessions
from sign2gpt.app.web.uploads import OwnUploads
from sign2gpt.app.worker.service import Service
from sign2gpt.common.errors import UserError
from sign2gpt.common.version import __version__

SWEEP_S = 10.0
SESSIONS = 256
"""Visitors whose state Gradio keeps; its default is 10,000, of 0.1 MB or more each."""
UPLOADS = "GRADIO_TEMP_DIR"
NO_ANALYTICS = {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(sys.maxsize)}
"""Gradio would keep the last 10,000 requests, and build a table of them after each."""
STATIC = Path(__file__).parent / "page" / "static"
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
    limits: PageLimits,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    address: str | None = None,
    language: str | None = None,
    device: str = "auto",
) -> Generator[tuple[gr.Blocks, Service]]:
    """A server that runs while the block does; ``blocks.local_url`` is its address.

    Args:
        host: to listen at; if it is a name of this machine, requests to other names are refused, unless shared.
        port: to listen at. [default: the first free one from 7860]
        share: also under a public address, through Gradio's servers.
        address: under which a proxy serves the page, such as https://example.org/signs.
        language: that the root redirects to. [default: the browser's]

    Raises:
        UserError: a run cannot be loaded, or the port is in use.
    """
    with (
        tempfile.TemporaryDirectory(prefix="sign2gpt-app-", ignore_cleanup_errors=True) as folder,
        _environment({UPLOADS: folder, **NO_ANALYTICS}),
        closing(Service(runs, limits, device, public=not is_local(host, share) or address is not None)) as service,
    ):
        sessions = Sessions(Path(folder))
        blocks = build_page(service, sessions)
        blocks.queue(max_size=limits.waiting, default_concurrency_limit=1, api_open=False)
        between = [
            *only_known(host, share, address),
            Middleware(OwnPages, addresses=lambda: [at for at in (address, blocks.share_url) if at], forwarded=share),
            Middleware(SessionPresence, sessions=sessions),
            Middleware(PageLanguage),
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
    """Sets Gradio's environment variables while the block runs."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def wait() -> None:
    """Waits for Ctrl-C or SIGTERM, so that uploads are removed with the server; call it in the main thread."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Event().wait()


def _launch(
    blocks: gr.Blocks,
    limits: PageLimits,
    host: str,
    port: int | None,
    share: bool,
    address: str | None,
    app_kwargs: dict[str, Any],
) -> None:
    """Starts the server in the background."""
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
        ports = f"port {port}" if port else "any port from 7860"
        raise UserError(f"cannot listen at {host}, {ports}; choose another with --port or --host") from None


@contextmanager
def _swept(blocks: gr.Blocks, sessions: Sessions, limits: PageLimits) -> Generator[None]:
    """Removes files that nobody uses, regularly while the block runs."""
    over = threading.Event()

    def sweep() -> None:
        while not over.wait(SWEEP_S):
            with suppress(OSError):  # try again next time
                sessions.sweep(limits.keep_s, limits.gone_s, asked_for(blocks))
            forget_gone(blocks)

    threading.Thread(target=sweep, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def forget_gone(blocks: gr.Blocks) -> None:
    """Has Gradio forget the names of removed files, which it would keep for good."""
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
    """The answer of `/health`."""
    workers = [
        {"run": worker.run, "pid": worker.pid, "restarts": worker.restarts, "busy": worker.busy}
        for worker in service.workers
    ]
    return {"status": "ok", "version": __version__, "workers": workers, "files": sessions.files()}
