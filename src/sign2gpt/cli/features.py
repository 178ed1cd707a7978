"""`sign2gpt features`: what the sign encoder makes of many videos."""

from __future__ import annotations

from sign2gpt.cli.many import ModelWorkersOption, OutArgument, VideosArgument, make
from sign2gpt.cli.options import DeviceOption, EngineOption, RunArgument


def features(
    run: RunArgument,
    videos: VideosArgument,
    out: OutArgument,
    device: DeviceOption = "auto",
    workers: ModelWorkersOption = None,
    engine: EngineOption = "local",
) -> None:
    """Store the sign encoder's features of many videos, a safetensors file each: z (T, C).

    A video that cannot be read is left out: left_out.json says why. After a kill the same command goes on where it was.
    """
    from sign2gpt.inference.products import Features

    print(make(Features(), run, videos, out, engine, workers, device))
