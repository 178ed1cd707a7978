"""`sign2gpt app`: a page in the browser to translate, to sign and to compare."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from sign2gpt.cli.options import DeviceOption, RunArgument


def app(
    run: RunArgument,
    second: Annotated[str | None, typer.Option(help="Another run to compare with on the same clip.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen at.  \\[default: the first free one from 7860]")
    ] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Also under a public address, through Gradio's servers.")
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(help="Address under which a proxy serves the page, such as https://example.org/signs."),
    ] = None,
    language: Annotated[
        Literal["en", "de", "zh"] | None, typer.Option(help="Language of the first page.  \\[default: the browser's]")
    ] = None,
    device: DeviceOption = "auto",
    seconds: Annotated[float, typer.Option(min=1, help="Longest video.")] = 120.0,
    megabytes: Annotated[int, typer.Option(min=1, help="Largest upload.")] = 50,
    waiting: Annotated[int, typer.Option(min=1, help="Requests in the queue; further ones are turned away.")] = 32,
) -> None:
    """Open a page to translate videos from a file or the camera.

    Try it before anything is trained: sign2gpt app demo
    """
    from sign2gpt.common.extras import require
    from sign2gpt.common.progress import say

    require("gradio", "app")
    from sign2gpt.app.hosts import checked_address
    from sign2gpt.app.limits import Limits
    from sign2gpt.app.serving import served, wait

    limits = Limits(seconds=seconds, megabytes=megabytes, waiting=waiting)
    runs = [run] if second is None else [run, second]
    say(f"loading {' and '.join(runs)}; then open this address in a browser (Ctrl-C ends the page)")
    where: dict[str, Any] = {"host": host, "port": port, "share": share, "address": checked_address(address)}
    with served(runs, limits, **where, language=language, device=device) as (blocks, _):
        print(blocks.local_url, flush=True)
        if blocks.share_url:
            print(blocks.share_url, flush=True)
        wait()
