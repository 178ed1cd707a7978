"""`sign2gpt bulk`: many videos into sentences."""

from __future__ import annotations

from typing import Annotated

import typer

from sign2gpt.cli.many import ModelWorkersOption, OutArgument, VideosArgument, make
from sign2gpt.cli.options import DecodingOption, DeviceOption, EngineOption, RunArgument


def bulk(
    run: RunArgument,
    videos: VideosArgument,
    out: OutArgument,
    device: DeviceOption = "auto",
    workers: ModelWorkersOption = None,
    engine: EngineOption = "local",
    together: Annotated[
        int,
        typer.Option(
            min=1,
            max=16,
            help="Videos to translate at a time. 16 take less than half the processor time of 1, but the last digits "
            "of log-probabilities then depend on which videos are translated together.",
        ),
    ] = 1,
    decoding: DecodingOption = None,
) -> None:
    """Translate many videos, a JSON file each, and all of them in translations.jsonl at the end.

    A video that cannot be read is left out: left_out.json says why. After a kill the same command goes on where it was.
    """
    from sign2gpt.inference.products import TRANSLATIONS, Sentences

    print(make(Sentences(tuple(decoding or ()), together), run, videos, out, engine, workers, device) / TRANSLATIONS)
