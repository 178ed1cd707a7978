"""`sign2gpt bulk`: many videos into sentences."""

from __future__ import annotations

from sign2gpt.cli.options import (
    DecodingOption,
    DeviceOption,
    EngineOption,
    ManyArgument,
    ModelWorkersOption,
    OutArgument,
    RunArgument,
    folder_here,
    placed,
)


def bulk(
    run: RunArgument,
    videos: ManyArgument,
    out: OutArgument,
    device: DeviceOption = "auto",
    workers: ModelWorkersOption = None,
    engine: EngineOption = "local",
    decoding: DecodingOption = None,
) -> None:
    """Translate many videos, a JSON file each, and all of them in translations.jsonl at the end.

    A video that cannot be read is left out: left_out.json says why. After a kill the same command goes on where it was.
    """
    from sign2gpt.inference.bulk import Job, make_files, videos_in
    from sign2gpt.inference.products import TRANSLATIONS, Sentences

    found = videos_in(folder_here(videos))
    who, where = placed(engine, workers, device)
    job = Job(run, where, Sentences(tuple(decoding or ())), folder_here(out))
    make_files(job, found, who)
    print(job.out / TRANSLATIONS)
