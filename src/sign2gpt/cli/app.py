"""`sign2gpt app`: a page in the browser to translate videos, sign glosses and compare runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from sign2gpt.cli.options import DeviceOption, RunArgument


def app(
    run: RunArgument,
    second: Annotated[str | None, typer.Option(metavar="RUN", help="Second run, to compare on the same clip.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines connect.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on.  \\[default: first free port from 7860]")
    ] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Also serve the page at a public address, through Gradio's servers.")
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(help="Address at which a proxy serves the page, such as https://example.org/signs."),
    ] = None,
    language: Annotated[
        Literal["en", "de", "zh"] | None,
        typer.Option(help="Language of the page at first.  \\[default: the browser's]"),
    ] = None,
    device: DeviceOption = "auto",
    seconds: Annotated[float, typer.Option(min=1, help="Longest video, in seconds.")] = 120.0,
    megabytes: Annotated[int, typer.Option(min=1, help="Largest upload, in MB.")] = 50,
    waiting: Annotated[int, typer.Option(min=1, help="Longest queue of requests; more are rejected.")] = 32,
) -> None:
    """Open a page in the browser to translate videos from a file or the camera."""
    from sign2gpt.common.installation import require
    from sign2gpt.common.progress import say

    require("gradio", "app")
    from sign2gpt.app.limits import PageLimits
    from sign2gpt.app.serving import served, wait
    from sign2gpt.app.web.hosts import checked_address

    limits = PageLimits(seconds=seconds, megabytes=megabytes, waiting=waiting)
    runs = [run] if second is None else [run, second]
    say(f"loading {' and '.join(runs)}; then open this address in a browser (Ctrl-C stops the page)")
    where: dict[str, Any] = {"host": host, "port": port, "share": share, "address": checked_address(address)}
    with served(runs, limits, **where, language=language, device=device) as (blocks, _):
        print(blocks.local_url, flush=True)
        if blocks.share_url:
            print(blocks.share_url, flush=True)
        wait()
