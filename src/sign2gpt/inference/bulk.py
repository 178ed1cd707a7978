"""Videos by the thousand through a run, a file each: in parallel, once, and resumable after a kill at any moment.

A file appears whole under its video's name, so one that is there is done.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from sign2gpt.common.engine import Workers, parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import (
    atomic_file,
    clear_partial,
    is_partial,
    printable,
    read_json,
    short_name,
    state,
    write_json,
)
from sign2gpt.common.locks import held
from sign2gpt.common.progress import say, tell, track
from sign2gpt.inference.products import Product
from sign2gpt.inference.translator import Translator

MADE_BY, MADE_FROM, LEFT_OUT = "made_by.json", "made_from.json", "left_out.json"
LOCK = ".lock"
SHOWN = 10


@dataclass(frozen=True)
class Job:
    """What to make of every video, with which run and on which device, and the folder that the files go to."""

    run: str
    device: str
    product: Product
    out: Path

    def file(self, name: str) -> Path:
        """The file of a video: its name with another ending, cut where a file system would not take it."""
        place = self.out / name
        return place.with_name(short_name(place.name, self.product.suffix))


@dataclass(frozen=True)
class _Task:
    job: Job
    made_by: dict[str, Any]
    name: str
    video: Path
    state: list[int] | None

    def __str__(self) -> str:
        return str(self.video)


def make_files(job: Job, videos: dict[str, Path], workers: Workers = None) -> list[str]:
    """Makes a file of each video by its name, and ``left_out.json`` with the reason of those that cannot be read.

    ``made_by.json`` tells what the files depend on beside the videos, ``made_from.json`` bytes and time of change of
    these. Those that were left out are tried again by the next call; a file that is there stays as it is, unless its
    video was exchanged. Where the product is to be joined, all files are put into one at the end.

    Args:
        workers: who works; each loads the run once and computes in one thread, so that bytes depend on no number.

    Returns:
        Names of the videos that have a file, in the order of ``videos``.

    Raises:
        UserError: the folder holds something else or another call writes there, the run cannot do it or changes on the
            way, or none of the videos can be read.
    """
    made_by = job.product.made_by(Translator.from_pretrained(job.run, "cpu"))
    _look(job.out, made_by)
    with held(job.out, job.out / LOCK):
        _claim(job.out, made_by)
        left_out = _made(_tasks(job, made_by, videos), workers)
        write_json(job.out / LEFT_OUT, left_out)
        clear_partial(job.out)  # what lost workers had begun
        if len(left_out) == len(videos):
            problems = Problems("videos")
            problems.extend(left_out.values())
            problems.raise_if_any(SHOWN)
        names = [name for name in videos if name not in left_out]
        if job.product.joined:
            _join([job.file(name) for name in names], job.out / job.product.joined)
    tell([f"left out: {why}" for why in left_out.values()])
    return names


def _look(out: Path, made_by: dict[str, Any]) -> None:
    """Raises where a folder is not for what is made so."""
    if (out / MADE_BY).is_file():
        if read_json(out / MADE_BY) != made_by:
            raise UserError(f"{out}: its files were made otherwise ({MADE_BY} tells how); name another folder")
    elif out.exists() and (not out.is_dir() or any(not _ours(path) for path in out.iterdir())):
        raise UserError(f"{out} exists and holds something else; name another folder")


def _ours(path: Path) -> bool:
    """Whether a command that was killed before it could take the folder left this."""
    return path.name == LOCK or is_partial(path)


def _claim(out: Path, made_by: dict[str, Any]) -> None:
    """Takes a folder for what is made so, or goes on in it."""
    _look(out, made_by)
    if not (out / MADE_BY).is_file():
        write_json(out / MADE_BY, made_by)


def _tasks(job: Job, made_by: dict[str, Any], videos: dict[str, Path]) -> list[_Task]:
    """The videos that have no file yet; one that is of another video than there is now goes first."""
    there = set(job.out.rglob(f"*{job.product.suffix}"))
    states = {name: list(state(video)) for name, video in videos.items() if video.exists()}
    known = read_json(job.out / MADE_FROM) if (job.out / MADE_FROM).is_file() else {}
    if not isinstance(known, dict):
        raise UserError(f"{job.out / MADE_FROM}: does not tell which videos the files are of; remove it to begin anew")
    exchanged = {job.file(name) for name, now in states.items() if known.get(name) != now} & there
    for file in exchanged:
        file.unlink()
    write_json(job.out / MADE_FROM, known | states)
    tasks = [
        _Task(job, made_by, name, video, states.get(name))
        for name, video in videos.items()
        if job.file(name) not in there - exchanged
    ]
    if len(tasks) < len(videos):
        say(f"{len(videos) - len(tasks):,} of {len(videos):,} files were made before")
    if exchanged:
        say(f"{len(exchanged):,} files are made anew, for their videos were exchanged")
    return tasks


def _made(tasks: list[_Task], workers: Workers) -> dict[str, str]:
    """Makes the files; the reason of each video that cannot be read, by its name."""
    if not tasks:
        return {}
    made = track(parallel_map(_make, tasks, workers), tasks[0].job.product.title, len(tasks))
    return {task.name: why for task, why in zip(tasks, made, strict=True) if why}


def _make(task: _Task) -> str | None:
    """Makes a video's file, or tells why it cannot be read."""
    job = task.job
    file = job.file(task.name)
    if file.exists():  # by a worker whose machine was lost before it could tell
        return None
    translator = _loaded(job, json.dumps(task.made_by))
    try:
        with _one_thread():
            content = job.product.content(translator, task.video, task.name, task.made_by)
    except UserError as error:
        return printable(str(error))
    if task.state is None or not task.video.exists() or list(state(task.video)) != task.state:
        return f"{task.video}: was exchanged on the way; run it again"
    with atomic_file(file) as partial:
        partial.write_bytes(content)
    return None


@lru_cache(maxsize=1)
def _loaded(job: Job, made_by: str) -> Translator:
    """The run that this process works with; raises where it is not the one that the files are made by."""
    translator = Translator.from_pretrained(job.run, job.device)
    if json.dumps(job.product.made_by(translator)) != made_by:
        raise UserError(
            f"{job.run}: was replaced meanwhile, or is another run or version on {platform.node()}; "
            "every worker must see the same one, so name another folder or put it back"
        )
    return translator


@contextmanager
def _one_thread() -> Generator[None]:
    """Sums of several threads are rounded otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _join(files: Iterable[Path], path: Path) -> None:
    """Writes files one after the other into one."""
    with atomic_file(path) as partial, partial.open("wb") as joined:
        for file in files:
            joined.write(file.read_bytes())
