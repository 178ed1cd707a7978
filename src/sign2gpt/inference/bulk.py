"""Videos by the thousand through a run, a file each: in parallel, once, and resumable after a kill at any moment.

A file appears whole under its video's name and carries its sum, so one that is there as it was written is done.
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
    LARGEST_LISTS,
    atomic_file,
    clear_partial,
    printable,
    read_json,
    short_name,
    state,
    write_json,
)
from sign2gpt.common.locks import LOCK, held, is_left
from sign2gpt.common.progress import say, tell, track
from sign2gpt.inference.products import Product
from sign2gpt.inference.translator import Translator

MADE_BY, MADE_FROM, LEFT_OUT = "made_by.json", "made_from.json", "left_out.json"
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
    """Neighbours in the list of videos, which are made together; their states are None where there is no such file."""

    job: Job
    made_by: dict[str, Any]
    videos: dict[str, Path]
    states: dict[str, list[int] | None]

    def __str__(self) -> str:
        first, *others = map(str, self.videos.values())
        return f"{first} and {len(others)} more" if others else first


def make_files(job: Job, videos: dict[str, Path], workers: Workers = None) -> list[str]:
    """Makes a file of each video by its name, and ``left_out.json`` with the reason of those that cannot be read.

    ``made_by.json`` tells what the files depend on beside the videos, ``made_from.json`` bytes and time of change of
    these. Those that were left out are tried again by the next call; a file that is there stays as it is, unless its
    video was exchanged or it is damaged. Where the product is to be joined, all files are put into one at the end.

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
            _join(job.product, [job.file(name) for name in names], job.out / job.product.joined)
    tell([f"left out: {why}" for why in left_out.values()])
    return names


def _look(out: Path, made_by: dict[str, Any]) -> None:
    """Raises where a folder is not for what is made so."""
    if (out / MADE_BY).is_file():
        if read_json(out / MADE_BY) != made_by:
            raise UserError(f"{out}: its files were made otherwise ({MADE_BY} tells how); name another folder")
    elif out.exists() and (not out.is_dir() or not all(map(is_left, out.iterdir()))):
        raise UserError(f"{out} exists and holds something else; name another folder")


def _claim(out: Path, made_by: dict[str, Any]) -> None:
    """Takes a folder for what is made so, or goes on in it."""
    _look(out, made_by)
    if not (out / MADE_BY).is_file():
        write_json(out / MADE_BY, made_by)


def _tasks(job: Job, made_by: dict[str, Any], videos: dict[str, Path]) -> list[_Task]:
    """The videos that have no file yet; one that is damaged or of another video than there is now goes first.

    Which videos are made together depends on the list alone, not on which have a file: a group that a kill has left
    half done is made again whole, and what is missing of it is written.
    """
    whole, there = job.product.is_whole, set(job.out.rglob(f"*{job.product.suffix}"))
    states = {name: list(state(video)) for name, video in videos.items() if video.exists()}
    known = read_json(job.out / MADE_FROM, LARGEST_LISTS) if (job.out / MADE_FROM).is_file() else {}
    if not isinstance(known, dict):
        raise UserError(f"{job.out / MADE_FROM}: does not tell which videos the files are of; remove it to begin anew")
    exchanged = {job.file(name) for name, now in states.items() if known.get(name) != now} & there
    damaged = {file for file in (job.file(name) for name in videos) if file in there - exchanged and not whole(file)}
    for file in exchanged | damaged:
        file.unlink()
    write_json(job.out / MADE_FROM, known | states)
    kept = {name for name in videos if job.file(name) in there - exchanged - damaged}
    if kept:
        say(f"{len(kept):,} of {len(videos):,} files were made before")
    if exchanged:
        say(f"{len(exchanged):,} files are made anew, for their videos were exchanged")
    if damaged:
        say(f"{len(damaged):,} files are damaged and made anew")
    names, size = list(videos), job.product.together
    groups = (names[first : first + size] for first in range(0, len(names), size))
    return [
        _Task(job, made_by, {name: videos[name] for name in group}, {name: states.get(name) for name in group})
        for group in groups
        if not kept.issuperset(group)
    ]


def _made(tasks: list[_Task], workers: Workers) -> dict[str, str]:
    """Makes the files; the reason of each video that cannot be read, by its name."""
    if not tasks:
        return {}
    made = zip(tasks, parallel_map(_make, tasks, workers), strict=True)
    each = ((name, whys.get(name)) for task, whys in made for name in task.videos)
    told = track(each, tasks[0].job.product.title, sum(len(task.videos) for task in tasks))
    return {name: why for name, why in told if why}


def _make(task: _Task) -> dict[str, str]:
    """Makes the files that are missing; why those that cannot be made cannot be read, by their names."""
    job = task.job
    missing = [name for name in task.videos if not job.file(name).exists()]
    if not missing:  # made by a worker whose machine was lost before it could tell
        return {}
    translator = _loaded(job, json.dumps(task.made_by))
    with _one_thread():
        found = job.product.contents(translator, task.videos, task.made_by)
    made = {name: content for name, content in found.items() if isinstance(content, bytes)}
    for name in made:
        video = task.videos[name]
        if not video.exists() or list(state(video)) != task.states[name]:  # what was made with it would be mixed
            return dict.fromkeys(missing, f"{video}: was exchanged on the way; run it again")
    for name in missing:
        if name in made:
            with atomic_file(job.file(name)) as partial:
                partial.write_bytes(made[name])
    return {name: printable(str(found[name])) for name in missing if name not in made}


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


def _join(product: Product, files: Iterable[Path], path: Path) -> None:
    """Writes files one after the other into one.

    Raises:
        UserError: a file was damaged since it was written.
    """
    with atomic_file(path) as partial, partial.open("wb") as joined:
        for file in files:
            if not product.is_whole(file):
                raise UserError(f"{file}: is damaged; run the same command again, which makes it anew")
            joined.write(file.read_bytes())
