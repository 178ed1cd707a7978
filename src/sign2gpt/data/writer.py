"""Clips of any origin into a corpus folder: in parallel, whole or absent, and resumable after a kill at any moment.

Clips are built in a hidden folder beside the corpus, each under the hash of what it is made from: a file that is there
is done. When all are, they are moved into place and the folder gets its name, so the corpus appears at once.
"""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sign2gpt.common.config import dump_yaml
from sign2gpt.common.engine import parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.progress import console, track
from sign2gpt.data.corpus import COLUMNS, INFO, METADATA, CorpusInfo
from sign2gpt.video.encode import write_clip


@dataclass(frozen=True)
class ClipSource:
    """A clip to write.

    ``frames`` yields (size, size, 3) uint8 RGB at the corpus' frame rate; it is pickled into a worker process.
    ``made_from`` names all that the frames depend on: a clip written before is kept while it is the same.
    """

    split: str
    id: str
    text: str
    frames: Callable[[], Iterable[np.ndarray]]
    signer: str = ""
    glosses: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    made_from: str = ""


@dataclass(frozen=True)
class _Task:
    source: ClipSource
    folder: Path
    frame_rate: float
    name: str
    comment: str


def write_corpus(folder: Path, info: CorpusInfo, sources: Iterable[ClipSource], workers: int | None = None) -> None:
    """Writes a corpus; one that is there already from the same sources is left as it is.

    Args:
        folder: the corpus; its parent must have room for it. While it grows it is ``.NAME.building`` there.
        info: what ``corpus.yaml`` will say.
        sources: in the order of the tables; splits and ids decide the files' names.
        workers: processes that draw, decode and encode; none: one a core.

    Raises:
        UserError: the folder holds something else, or clips cannot be read (all of them are told; those that were
            written are kept for the next attempt).
    """
    sources = list(sources)
    assert len({(source.split, source.id) for source in sources}) == len(sources), "a clip's id is its file's name"
    names = {_digest(info, source): source for source in sources}
    info = info.model_copy(update={"made_from": hashlib.sha256("".join(names).encode()).hexdigest()[:32]})
    building = folder.parent / f".{folder.name}.building"
    if _finished(folder, info):
        shutil.rmtree(building, ignore_errors=True)
        console.print(f"{folder} is complete already")
        return
    try:
        lengths = _write_clips(building / "clips", info, names, workers)
        _assemble(building, info, names, lengths)
        (building / "corpus").replace(folder)
    except OSError as error:
        advice = "; make room and run it again" if error.errno == errno.ENOSPC else ""
        raise UserError(f"{folder}: cannot be written ({error.strerror}){advice}") from None
    shutil.rmtree(building)


def _digest(info: CorpusInfo, source: ClipSource) -> str:
    parts = [source.split, source.id, source.made_from, info.frame_rate, info.size]
    row = [source.text, source.signer, source.glosses, source.extra]
    return hashlib.sha256(json.dumps([*parts, *row]).encode()).hexdigest()[:32]


def _finished(folder: Path, info: CorpusInfo) -> bool:
    """Whether this very corpus is there; raises where something else is."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if folder.is_dir() and (folder / INFO).is_file() and (folder / INFO).read_text(encoding="utf-8") == dump_yaml(info):
        return True
    raise UserError(f"{folder} exists and holds something else; name another folder or remove it")


def _write_clips(clips: Path, info: CorpusInfo, names: dict[str, ClipSource], workers: int | None) -> dict[str, int]:
    """Writes the clips that are not there yet; the number of frames of each, by name."""
    clips.mkdir(parents=True, exist_ok=True)
    lengths: dict[str, int] = {}
    for path in clips.iterdir():
        name, _, count = path.stem.partition("-")
        if name in names and count:
            lengths[name] = int(count)
        else:
            path.unlink(missing_ok=True)
    if lengths:
        console.print(f"{len(lengths):,} of {len(names):,} clips were written before")
    tasks = [
        _Task(source, clips, info.frame_rate, name, info.notice)
        for name, source in names.items()
        if name not in lengths
    ]
    problems = Problems("clips")
    workers = 1 if len(tasks) < 2 else workers
    done = track(parallel_map(_write, tasks, workers), "writing clips", len(tasks))
    for task, written in zip(tasks, done, strict=True):
        if isinstance(written, str):
            problems.add(f"{task.source.split}/{task.source.id}: {written}")
        else:
            lengths[task.name] = written
    if problems.found and not lengths:
        shutil.rmtree(clips.parent)
    elif problems.found:
        problems.where = f"clips (the {len(lengths):,} others are kept in {clips.parent} for the next attempt)"
    problems.raise_if_any()
    return lengths


def _write(task: _Task) -> int | str:
    """Writes a clip; its number of frames, or what is wrong with its source."""
    partial = task.folder / f"{task.name}.{os.getpid()}.mp4"  # a killed run's worker may still be at this clip
    try:
        count = write_clip(partial, task.source.frames(), task.frame_rate, comment=task.comment)
    except UserError as error:
        return str(error)
    partial.replace(task.folder / f"{task.name}-{count}.mp4")
    return count


def _assemble(building: Path, info: CorpusInfo, names: dict[str, ClipSource], lengths: dict[str, int]) -> None:
    """Moves the clips to their places and writes the tables; killed here, moved clips are made again."""
    corpus = building / "corpus"
    shutil.rmtree(corpus, ignore_errors=True)
    splits: dict[str, list[str]] = {}
    for name, source in names.items():
        splits.setdefault(source.split, []).append(name)
    for split, members in splits.items():
        (corpus / split).mkdir(parents=True)
        extra = sorted({column for name in members for column in names[name].extra})
        with (corpus / split / METADATA).open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow([*COLUMNS, *extra])
            for name in members:
                source, count = names[name], lengths[name]
                row = [f"{source.id}.mp4", source.text, source.signer, source.glosses or "", count]
                table.writerow([*row, *(source.extra.get(column, "") for column in extra)])
    (corpus / INFO).write_text(dump_yaml(info), encoding="utf-8")
    for name, source in names.items():
        clip = building / "clips" / f"{name}-{lengths[name]}.mp4"
        clip.replace(corpus / source.split / f"{source.id}.mp4")
