"""Writes clips of any origin to a corpus folder: in parallel, all or nothing, and resumable after a kill at any moment.

Clips are first written to a hidden folder next to the corpus, named by a hash of their sources and the CRC-32 of their
content: a file that still matches its name is done. When all are, they are moved into a folder that then gets the
corpus' name, so the corpus appears at once.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from sign2gpt.common.checksums import crc32
from sign2gpt.common.config import build, dump_yaml, read_yaml
from sign2gpt.common.engine import Workers, parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import check_own, is_partial, user_path, writing
from sign2gpt.common.locks import lock_next_to, locked
from sign2gpt.common.progress import say, say_lines, track
from sign2gpt.data.card import write_corpus_card
from sign2gpt.data.corpus import COLUMNS, Corpus, CorpusInfo
from sign2gpt.data.tables import INFO, METADATA, UNSIGNED
from sign2gpt.video.encode import write_clip
from sign2gpt.video.geometry import Frame

BYTES_PER_PIXEL = 0.05
"""Estimated size of a clip on disk: signing before a plain background needs half of it."""

_OWN = re.compile(r"[0-9a-f]{32}(-\d+(-[0-9a-f]{8})?|\.[0-9a-f]{32})\.mp4")
"""Names of clips in the hidden folder: a digest of the source; once written, also number of frames and CRC-32."""

Frames = Callable[[], Iterable[Frame]]
Stream = Callable[[Set[str]], Iterator[tuple[str, Frames]]]
"""Given the clips to write as ``split/id``, yields each with its frames, in any order."""


@dataclass(frozen=True)
class ClipSource:
    """A clip to write.

    Attributes:
        frames: yields frames of size x size pixels at the corpus' frame rate; pickled for a worker process. None if the
            frames come from the corpus' stream.
        made_from: everything the frames depend on: a clip that was written before is kept while this is the same.
        num_frames: about how many frames there will be, to estimate the disk space.
    """

    split: str
    id: str
    text: str
    frames: Frames | None
    signer: str = ""
    glosses: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    made_from: str = ""
    num_frames: int = 0

    @property
    def key(self) -> str:
        return f"{self.split}/{self.id}"


@dataclass(frozen=True)
class _ClipTask:
    """A clip that a worker process writes to ``folder``."""

    source: ClipSource
    folder: Path
    frame_rate: float
    name: str
    comment: str

    def __str__(self) -> str:
        return self.source.key


@dataclass(frozen=True)
class _WrittenClip:
    path: Path
    num_frames: int


def write_corpus(
    folder: str | PathLike[str],
    info: CorpusInfo,
    sources: Iterable[ClipSource],
    workers: Workers = None,
    stream: Stream | None = None,
    *,
    allow_damaged: bool = False,
    unsigned: Sequence[str] = (),
) -> bool:
    """Writes a corpus; an existing corpus of the same sources is left as it is.

    Args:
        folder: the corpus; until it is complete, it is ``.NAME.building`` in the same parent folder.
        info: the contents of ``corpus.yaml``.
        sources: in the order of the tables; splits and ids determine the files' names.
        workers: number of processes that decode and encode [default: one per core], or an engine.
        stream: source of the frames, if they do not come from ``sources``.
        allow_damaged: leave out clips that cannot be read; each is reported, and ``corpus.yaml`` lists them.
        unsigned: training sentences without clips, for a language model.

    Returns:
        False if the corpus was already complete.

    Raises:
        UserError: the folder contains something else, another command writes to it, the disk is full, or clips cannot
            be read and ``allow_damaged`` is not set, or no clip can be read. All such clips are listed; those already
            written are kept for the next attempt.
    """
    folder, sources = user_path(folder, "the path of a corpus"), list(sources)
    assert len({(source.split, source.id) for source in sources}) == len(sources), "a clip's id is its file's name"
    names = {_digest(info, source): source for source in sources}
    info = info.model_copy(update={"made_from": hashlib.sha256("".join(names).encode()).hexdigest()[:32]})
    with locked(folder, lock_next_to(folder)):
        return _write_new(folder, info, names, workers, stream, allow_damaged, unsigned)


def _write_new(
    folder: Path,
    info: CorpusInfo,
    names: dict[str, ClipSource],
    workers: Workers,
    stream: Stream | None,
    allow_damaged: bool,
    unsigned: Sequence[str],
) -> bool:
    """See `write_corpus`; the folder is locked."""
    building = folder.parent / f".{folder.name}.building"
    for path in (building, building / "clips", building / "corpus"):
        check_own(path)
    if _finished(folder, info, allow_damaged):
        shutil.rmtree(building, ignore_errors=True)
        say(f"{folder} is already complete")
        return False
    with writing(folder):
        clips, damaged = _write_clips(building / "clips", info, names, workers, stream)
        _report_damaged(building / "clips", damaged, len(clips), allow_damaged)
        names = {name: source for name, source in names.items() if name in clips}
        info = info.model_copy(update={"left_out": list(damaged)})
        _assemble(building, info, names, clips, unsigned)
        (building / "corpus").replace(folder)
    shutil.rmtree(building)
    return True


def _digest(info: CorpusInfo, source: ClipSource) -> str:
    parts = [source.split, source.id, source.made_from, info.frame_rate, info.size]
    row = [source.text, source.signer, source.glosses, source.extra]
    return hashlib.sha256(json.dumps([*parts, *row]).encode()).hexdigest()[:32]


def _finished(folder: Path, info: CorpusInfo, allow_damaged: bool) -> bool:
    """Whether the folder is this very corpus; raises if it contains something else."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if folder.is_dir() and (folder / INFO).is_file():
        existing = build(CorpusInfo, read_yaml(folder / INFO), where=str(folder / INFO))
        if existing.left_out and existing.made_from == info.made_from and not allow_damaged:
            left_out = f"{len(existing.left_out):,} damaged clips, such as {existing.left_out[0]}"
            raise UserError(
                f"{folder} was made without {left_out}; delete it to make it again, or use --allow-missing to keep it"
            )
        if existing.model_copy(update={"left_out": []}) == info:
            return True
        differing = [name for name in ("name", "frame_rate", "size") if getattr(existing, name) != getattr(info, name)]
        listed = "; ".join(f"{name} {getattr(existing, name)}, not {getattr(info, name)}" for name in differing)
        raise UserError(
            f"{folder} already exists with other {'settings: ' + listed if listed else 'clips or texts'}; "
            "name another folder or delete it"
        )
    raise UserError(f"{folder} already exists and is not a corpus; name another folder or delete it")


def _write_clips(
    folder: Path, info: CorpusInfo, names: dict[str, ClipSource], workers: Workers, stream: Stream | None
) -> tuple[dict[str, _WrittenClip], dict[str, str]]:
    """Writes the clips that are missing; returns all clips by name, and by key why others could not be written."""
    clips = _written_before(folder, names)
    tasks = {
        source.key: _ClipTask(source, folder, info.frame_rate, name, info.notice)
        for name, source in names.items()
        if name not in clips
    }
    _check_room(folder, sum(task.source.num_frames for task in tasks.values()) * info.size**2)
    folder.mkdir(parents=True, exist_ok=True)
    damaged = dict.fromkeys(tasks, "its frames are missing from the archive")
    workers = 1 if len(tasks) < 2 else workers
    for key, written in track(parallel_map(_write, _with_frames(tasks, stream), workers), "writing clips", len(tasks)):
        if isinstance(written, str):
            damaged[key] = written
        else:
            clips[tasks[key].name] = written
            del damaged[key]
    return clips, damaged


def _report_damaged(clips: Path, damaged: dict[str, str], written: int, allowed: bool) -> None:
    """Lists the clips that are left out, or raises a `UserError` that lists them."""
    lines = [f"{key}: {why}" for key, why in damaged.items()]
    if not lines:
        return
    if written and allowed:
        say_lines([f"left out: {line}" for line in lines])
        return
    problems = Problems("clips")
    problems.extend(lines)
    if written:
        problems.where = f"clips (the {written:,} others are kept in {clips.parent} for the next attempt)"
    else:
        shutil.rmtree(clips.parent)
    problems.raise_if_any()


def _written_before(folder: Path, names: dict[str, ClipSource]) -> dict[str, _WrittenClip]:
    """The clips by name that an earlier command wrote and that are intact; its other files are deleted."""
    clips: dict[str, _WrittenClip] = {}
    for path in folder.iterdir() if folder.exists() else ():
        name, *rest = path.stem.split("-")
        own = _OWN.fullmatch(path.name)
        if own and name in names and len(rest) == 2 and crc32(path.read_bytes()) == rest[1]:
            clips[name] = _WrittenClip(path, int(rest[0]))
        elif own or is_partial(path):
            path.unlink(missing_ok=True)
    if clips:
        say(f"{len(clips):,} of {len(names):,} clips are already written")
    return clips


def _check_room(clips: Path, pixels: int) -> None:
    """Compares the estimated size of the clips to write with the free space on their disk."""
    parent = next(parent for parent in clips.absolute().parents if parent.exists())
    needed, free = pixels * BYTES_PER_PIXEL, shutil.disk_usage(parent).free
    if needed > free:
        raise UserError(
            f"{parent}: about {needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free; make room or lower --size"
        )


def _with_frames(tasks: dict[str, _ClipTask], stream: Stream | None) -> Iterator[_ClipTask]:
    """Each task with its frames, from its source or from the stream."""
    if stream is None:
        yield from tasks.values()
        return
    for key, frames in stream(tasks.keys()):
        yield replace(tasks[key], source=replace(tasks[key].source, frames=frames))


def _write(task: _ClipTask) -> tuple[str, _WrittenClip | str]:
    """Writes a clip; returns its key, and the clip or the problem with its source."""
    assert task.source.frames is not None, "frames come from the source or the stream"
    partial = task.folder / f"{task.name}.{uuid.uuid4().hex}.mp4"  # a killed command's worker may still write this clip
    try:
        count = write_clip(partial, task.source.frames(), task.frame_rate, comment=task.comment)
    except UserError as error:
        return task.source.key, str(error)
    path = task.folder / f"{task.name}-{count}-{crc32(partial.read_bytes())}.mp4"
    return task.source.key, _WrittenClip(partial.replace(path), count)


def _assemble(
    building: Path,
    info: CorpusInfo,
    names: dict[str, ClipSource],
    clips: dict[str, _WrittenClip],
    unsigned: Sequence[str],
) -> None:
    """Writes the tables and moves the clips into the splits; after a kill here, moved clips are written again."""
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
                source, count = names[name], clips[name].num_frames
                row = [f"{source.id}.mp4", source.text, source.signer, source.glosses or "", count]
                table.writerow([*row, *(source.extra.get(column, "") for column in extra)])
    (corpus / INFO).write_text(dump_yaml(info), encoding="utf-8")
    if unsigned:
        (corpus / UNSIGNED).write_text("".join(f"{text}\n" for text in unsigned), encoding="utf-8")
    for name, source in names.items():
        clips[name].path.replace(corpus / source.split / f"{source.id}.mp4")
    write_corpus_card(Corpus.open(corpus))
