"""Runs a model on many videos and writes a file for each, in parallel; it can be killed and resumed at any moment.

A file appears complete under its video's name and contains its checksum, so a file that is intact is done.
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
    size_and_mtime,
    write_json,
)
from sign2gpt.common.locks import LOCK, is_left, locked
from sign2gpt.common.progress import say, say_lines, track
from sign2gpt.inference.bulk.outputs import BulkOutput
from sign2gpt.inference.translator import Translator

MADE_BY, MADE_FROM, LEFT_OUT = "made_by.json", "made_from.json", "left_out.json"
SHOWN = 10


@dataclass(frozen=True)
class BulkJob:
    """The run and its device, what it writes for each video, and the folder for the files."""

    run: str
    device: str
    output: BulkOutput
    out: Path

    def file(self, name: str) -> Path:
        """The file of a video: the video's name with another ending, shortened if a file system would not accept it."""
        path = self.out / name
        return path.with_name(short_name(path.name, self.output.suffix))


@dataclass(frozen=True)
class _Batch:
    """Neighbouring videos that pass the model at once; ``states`` are None for missing files."""

    job: BulkJob
    made_by: dict[str, Any]
    videos: dict[str, Path]
    states: dict[str, list[int] | None]

    def __str__(self) -> str:
        first, *others = map(str, self.videos.values())
        return f"{first} and {len(others)} more" if others else first


def make_files(job: BulkJob, videos: dict[str, Path], workers: Workers = None) -> list[str]:
    """Writes a file for each video, by the video's name, and ``left_out.json`` with the reasons for missing ones.

    ``made_by.json`` states what the files depend on in addition to the videos, ``made_from.json`` size and time of
    change of each video. The next call tries again what was left out, and keeps a file unless its video has changed or
    it is damaged. If the output is to be joined, all files are copied into one at the end.

    Args:
        workers: each loads the run once and computes in one thread, so that the bytes do not depend on their number.

    Returns:
        Names of the videos that have a file, in the order of ``videos``.

    Raises:
        UserError: the folder contains something else or another call writes there, the run cannot make such files or
            changes meanwhile, or none of the videos can be read.
    """
    made_by = job.output.made_by(Translator.from_pretrained(job.run, "cpu"))
    _check_folder(job.out, made_by)
    with locked(job.out, job.out / LOCK):
        _claim(job.out, made_by)
        left_out = _make_all(_batches(job, made_by, videos), workers)
        write_json(job.out / LEFT_OUT, left_out)
        clear_partial(job.out)  # left by lost workers
        if len(left_out) == len(videos):
            problems = Problems("videos")
            problems.extend(left_out.values())
            problems.raise_if_any(SHOWN)
        names = [name for name in videos if name not in left_out]
        if job.output.joined:
            _join(job.output, [job.file(name) for name in names], job.out / job.output.joined)
    say_lines([f"left out: {why}" for why in left_out.values()])
    return names


def _check_folder(out: Path, made_by: dict[str, Any]) -> None:
    """Raises if a folder is used for something else."""
    if (out / MADE_BY).is_file():
        if read_json(out / MADE_BY) != made_by:
            raise UserError(f"{out}: its files were made with other settings (see {MADE_BY}); choose another folder")
    elif out.exists() and (not out.is_dir() or not all(map(is_left, out.iterdir()))):
        raise UserError(f"{out}: already exists and contains something else; choose another folder")


def _claim(out: Path, made_by: dict[str, Any]) -> None:
    """Marks a folder as used for this, or resumes there."""
    _check_folder(out, made_by)
    if not (out / MADE_BY).is_file():
        write_json(out / MADE_BY, made_by)


def _batches(job: BulkJob, made_by: dict[str, Any], videos: dict[str, Path]) -> list[_Batch]:
    """The batches of which files are missing, after damaged and outdated files were removed.

    Batches depend on the list of videos alone: one that a kill has left half done is computed again, and only its
    missing files are written.
    """
    states = {name: list(size_and_mtime(video)) for name, video in videos.items() if video.exists()}
    kept = _intact(job, videos, states)
    names, size = list(videos), job.output.together
    groups = (names[first : first + size] for first in range(0, len(names), size))
    return [
        _Batch(job, made_by, {name: videos[name] for name in group}, {name: states.get(name) for name in group})
        for group in groups
        if not kept.issuperset(group)
    ]


def _intact(job: BulkJob, videos: dict[str, Path], states: dict[str, list[int]]) -> set[str]:
    """Names of the videos whose files are intact; other files are removed, and the states of the videos noted."""
    existing, path = set(job.out.rglob(f"*{job.output.suffix}")), job.out / MADE_FROM
    known = read_json(path, LARGEST_LISTS) if path.is_file() else {}
    if not isinstance(known, dict):
        raise UserError(f"{path}: does not list videos; delete it to make all files again")
    outdated = {job.file(name) for name, now in states.items() if known.get(name) != now} & existing
    current = existing - outdated
    damaged = {file for file in map(job.file, videos) if file in current and not job.output.is_whole(file)}
    for file in outdated | damaged:
        file.unlink()
    write_json(path, known | states)
    kept = {name for name in videos if job.file(name) in current - damaged}
    if kept:
        say(f"{len(kept):,} of {len(videos):,} files already exist")
    if outdated:
        say(f"{len(outdated):,} files are made again, because their videos have changed")
    if damaged:
        say(f"{len(damaged):,} files are damaged and made again")
    return kept


def _make_all(batches: list[_Batch], workers: Workers) -> dict[str, str]:
    """Makes the files; by name, why videos cannot be read."""
    if not batches:
        return {}
    made = zip(batches, parallel_map(_make, batches, workers), strict=True)
    each = ((name, whys.get(name)) for batch, whys in made for name in batch.videos)
    tracked = track(each, batches[0].job.output.title, sum(len(batch.videos) for batch in batches))
    return {name: why for name, why in tracked if why}


def _make(batch: _Batch) -> dict[str, str]:
    """Makes the missing files of a batch; by name, why videos cannot be read."""
    job = batch.job
    missing = [name for name in batch.videos if not job.file(name).exists()]
    if not missing:  # made by a worker that was lost before it could report
        return {}
    translator = _loaded(job, json.dumps(batch.made_by))
    with _one_thread():
        found = job.output.contents(translator, batch.videos, batch.made_by)
    made = {name: content for name, content in found.items() if isinstance(content, bytes)}
    for name in made:
        video = batch.videos[name]
        if not video.exists() or list(size_and_mtime(video)) != batch.states[name]:  # the batch would mix old and new
            return dict.fromkeys(missing, f"{video}: has changed meanwhile; run the same command again")
    for name in missing:
        if name in made:
            with atomic_file(job.file(name)) as partial:
                partial.write_bytes(made[name])
    return {name: printable(str(found[name])) for name in missing if name not in made}


@lru_cache(maxsize=1)
def _loaded(job: BulkJob, made_by: str) -> Translator:
    """The run, loaded once in this process; raises if it is not the one that the job began with."""
    translator = Translator.from_pretrained(job.run, job.device)
    if json.dumps(job.output.made_by(translator)) != made_by:
        raise UserError(
            f"{job.run}: was replaced meanwhile, or is another run or version on {platform.node()}; "
            "every worker needs the same one: restore it, or choose another folder"
        )
    return translator


@contextmanager
def _one_thread() -> Generator[None]:
    """Computes in one thread: with several, sums are rounded differently."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _join(output: BulkOutput, files: Iterable[Path], path: Path) -> None:
    """Concatenates files.

    Raises:
        UserError: a file was damaged after it was written.
    """
    with atomic_file(path) as partial, partial.open("wb") as joined:
        for file in files:
            if not output.is_whole(file):
                raise UserError(f"{file}: is damaged; run the same command again to make it again")
            joined.write(file.read_bytes())
