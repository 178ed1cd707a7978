"""Videos by the thousand through a run, a file each: in parallel, once, and resumable after a kill at any moment.

A file appears whole under its video's name, so one that is there is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from sign2gpt.common.engine import Workers, parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import atomic_file, clear_partial, read_json, write_json
from sign2gpt.common.progress import console, tell, track
from sign2gpt.data.corpus import INFO, Corpus
from sign2gpt.inference.products import Product
from sign2gpt.inference.translator import Translator

MADE_BY, LEFT_OUT = "made_by.json", "left_out.json"
ENDINGS = {".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".webm", ".wmv"}
SHOWN = 10


@dataclass(frozen=True)
class Job:
    """What to make of every video, with which run and on which device, and the folder that the files go to."""

    run: str
    device: str
    product: Product
    out: Path

    def file(self, name: str) -> Path:
        return self.out / f"{name}{self.product.suffix}"


@dataclass(frozen=True)
class _Task:
    job: Job
    made_by: dict[str, Any]
    name: str
    video: Path


def make_files(job: Job, videos: dict[str, Path], workers: Workers = None) -> list[str]:
    """Makes a file of each video by its name, and ``left_out.json`` with the reason of those that cannot be read.

    ``made_by.json`` tells what the files depend on beside the videos. Those that were left out are tried again by the
    next call; a file that is there stays as it is.

    Args:
        workers: who works; each loads the run once and computes in one thread, so that bytes depend on no number.

    Returns:
        Names of the videos that have a file, in the order of ``videos``.

    Raises:
        UserError: the folder holds something else, the run cannot do it, or none of the videos can be read.
    """
    made_by = job.product.made_by(loaded(job.run, job.device if workers == 1 else "cpu"))
    _claim(job.out, made_by)
    there = set(job.out.rglob(f"*{job.product.suffix}"))
    tasks = [_Task(job, made_by, name, video) for name, video in videos.items() if job.file(name) not in there]
    if len(tasks) < len(videos):
        console.print(f"{len(videos) - len(tasks):,} of {len(videos):,} files were made before")
    made = track(parallel_map(_make, tasks, workers), job.product.title, len(tasks))
    left_out = {task.name: why for task, why in zip(tasks, made, strict=True) if why}
    write_json(job.out / LEFT_OUT, left_out)
    clear_partial(job.out)  # what lost workers had begun
    if len(left_out) == len(videos):
        problems = Problems("videos")
        problems.extend(left_out.values())
        problems.raise_if_any(SHOWN)
    tell([f"left out: {why}" for why in left_out.values()])
    return [name for name in videos if name not in left_out]


def joined(job: Job, names: Iterable[str], path: Path) -> None:
    """Writes the files of videos one after the other into one."""
    with atomic_file(path) as partial, partial.open("wb") as file:
        for name in names:
            file.write(job.file(name).read_bytes())


def videos_in(source: Path) -> dict[str, Path]:
    """Videos by their paths inside a corpus, those of its tables, or inside a folder, at any depth.

    Raises:
        UserError: there are none.
    """
    paths: Iterable[Path]
    if (source / INFO).is_file():
        corpus = Corpus.open(source)
        if corpus.shards:
            raise UserError(f"{source}: holds shards; name the corpus that they were written from")
        rows = (row for split in corpus.splits for row in corpus.rows(split))
        paths = (row.path for row in rows if isinstance(row.path, Path))
    else:
        paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in ENDINGS)
    names = {path.relative_to(source): path for path in paths}
    videos = {name.as_posix(): path for name, path in names.items() if not any(p.startswith(".") for p in name.parts)}
    if not videos:
        raise UserError(f"{source}: no videos here; it should be a corpus, or hold {', '.join(sorted(ENDINGS))}")
    return videos


@lru_cache(maxsize=1)
def loaded(run: str, device: str) -> Translator:
    """The run that this process works with, in one thread: sums of several threads are rounded otherwise."""
    torch.set_num_threads(1)
    return Translator.from_pretrained(run, device)


def _claim(out: Path, made_by: dict[str, Any]) -> None:
    """Takes a folder for what is made so, or goes on in it."""
    if (out / MADE_BY).is_file():
        if read_json(out / MADE_BY) != made_by:
            raise UserError(f"{out}: its files were made otherwise ({MADE_BY} tells how); name another folder")
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists and holds something else; name another folder")
    else:
        write_json(out / MADE_BY, made_by)


def _make(task: _Task) -> str | None:
    """Makes a video's file, or tells why it cannot be read."""
    job = task.job
    file = job.file(task.name)
    if file.exists():  # by a worker whose machine was lost before it could tell
        return None
    translator = loaded(job.run, job.device)
    try:
        content = job.product.content(translator, task.video, task.name, task.made_by)
    except UserError as error:
        return str(error)
    with atomic_file(file) as partial:
        partial.write_bytes(content)
    return None
