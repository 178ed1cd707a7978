"""A file of each of many videos: what `bulk` and `features` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import workers_of
from sign2gpt.common.errors import UserError

if TYPE_CHECKING:
    from sign2gpt.common.engine import Workers
    from sign2gpt.inference.products import Product

VideosArgument = Annotated[
    str, typer.Argument(metavar="VIDEOS", help="Folder of a corpus, or of videos and GIFs at any depth.")
]
OutArgument = Annotated[str, typer.Argument(help="Folder to make: files bear their videos' names.")]
ModelWorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Processes, each with the model: of this machine (none: one a core), or that share a GPU (none: one).",
    ),
]


def make(product: Product, run: str, videos: str, out: str, engine: str, workers: int | None, device: str) -> Path:
    """Makes a file of each video; the folder that holds them.

    Raises:
        UserError: as `make_files`, or what cannot be asked for together.
    """
    from sign2gpt.inference.bulk import Job, make_files
    from sign2gpt.inference.found import videos_in

    found = videos_in(_folder_here(videos))
    who, where = _placed(engine, workers, device)
    job = Job(run, where, product, _folder_here(out))
    make_files(job, found, who)
    return job.out


def _folder_here(place: str) -> Path:
    """A folder of this machine: as a path, an address would lose a slash."""
    from sign2gpt.data.remote import is_address

    if is_address(place):
        raise UserError(f"{place}: is an address, but this takes folders of this machine; copy it from or to there")
    return Path(place)


def _placed(engine: str, workers: int | None, device: str) -> tuple[Workers, str]:
    """Who runs a model, and the device of each: of the processes that share a GPU there are ``workers``, or one."""
    if engine == "local":
        from sign2gpt.inference.translator import device_called

        found = device_called(device)
        return (workers or 1) if found.type == "cuda" else workers, str(found)
    from sign2gpt.common.cluster import Cluster

    if device == "cuda" or (device == "auto" and Cluster().gpus):
        return Cluster(share=1 / (workers or 1)), "cuda"
    return workers_of(engine, workers), "cpu"
