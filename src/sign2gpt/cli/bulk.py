"""`sign2gpt bulk` and `sign2gpt features`: a file for each of many videos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import DecodingOption, DeviceOption, EngineOption, RunArgument, workers_of
from sign2gpt.common.errors import UserError

if TYPE_CHECKING:
    from sign2gpt.common.engine import Workers
    from sign2gpt.inference.bulk.outputs import BulkOutput

VideosArgument = Annotated[
    str, typer.Argument(metavar="VIDEOS", help="Folder of a corpus, or of videos and GIFs at any depth.")
]
OutArgument = Annotated[str, typer.Argument(help="Folder to write; results are named after their videos.")]
ModelWorkersOption = Annotated[
    int | None,
    typer.Option(min=1, help="Processes, each with the model.  \\[default: one per core, or one on a GPU]"),
]


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
    """Translate many videos: a JSON file each, and all of them in translations.jsonl.

    Unreadable videos are listed with the reason in left_out.json. Run the same command to resume after a stop.
    """
    from sign2gpt.inference.bulk.outputs import TRANSLATIONS, Sentences

    print(_make(Sentences(tuple(decoding or ()), together), run, videos, out, engine, workers, device) / TRANSLATIONS)


def features(
    run: RunArgument,
    videos: VideosArgument,
    out: OutArgument,
    device: DeviceOption = "auto",
    workers: ModelWorkersOption = None,
    engine: EngineOption = "local",
) -> None:
    """Store the sign encoder's features of many videos: z (T, C) in a safetensors file each.

    Unreadable videos are listed with the reason in left_out.json. Run the same command to resume after a stop.
    """
    from sign2gpt.inference.bulk.outputs import Features

    print(_make(Features(), run, videos, out, engine, workers, device))


def _make(output: BulkOutput, run: str, videos: str, out: str, engine: str, workers: int | None, device: str) -> Path:
    """Makes a file for each video; returns their folder."""
    from sign2gpt.inference.bulk.found import videos_in
    from sign2gpt.inference.bulk.runner import BulkJob, make_files

    found = videos_in(_local_folder(videos))
    who, where = _placed(engine, workers, device)
    job = BulkJob(run, where, output, _local_folder(out))
    make_files(job, found, who)
    return job.out


def _local_folder(name: str) -> Path:
    """A folder of this machine; as a path, an address would lose a slash."""
    from sign2gpt.data.shards.remote import is_address

    if is_address(name):
        raise UserError(f"{name}: is an address, but this takes folders of this machine; copy it from or to there")
    return Path(name)


def _placed(engine: str, workers: int | None, device: str) -> tuple[Workers, str]:
    """The workers and the device of each; ``workers`` processes share a GPU, by default one."""
    if engine == "local":
        from sign2gpt.inference.translator import device_called

        found = device_called(device)
        return (workers or 1) if found.type == "cuda" else workers, str(found)
    from sign2gpt.common.cluster import Cluster

    if device == "cuda" or (device == "auto" and Cluster().gpus):
        return Cluster(share=1 / (workers or 1)), "cuda"
    return workers_of(engine, workers), "cpu"
