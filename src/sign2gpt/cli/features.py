"""`sign2gpt features`: what the sign encoder makes of many videos."""

from __future__ import annotations

from sign2gpt.cli.options import (
    DeviceOption,
    EngineOption,
    ManyArgument,
    ModelWorkersOption,
    OutArgument,
    RunArgument,
    folder_here,
    placed,
)


def features(
    run: RunArgument,
    videos: ManyArgument,
    out: OutArgument,
    device: DeviceOption = "auto",
    workers: ModelWorkersOption = None,
    engine: EngineOption = "local",
) -> None:
    """Store the sign encoder's features of many videos, a safetensors file each: z (T, C).

    A video that cannot be read is left out: left_out.json says why. After a kill the same command goes on where it was.
    """
    from sign2gpt.inference.bulk import Job, make_files, videos_in
    from sign2gpt.inference.products import Features

    found = videos_in(folder_here(videos))
    who, where = placed(engine, workers, device)
    make_files(Job(run, where, Features(), folder_here(out)), found, who)
    print(out)
