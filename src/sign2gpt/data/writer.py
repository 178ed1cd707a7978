"""Clips of any origin into a corpus folder: in parallel, whole or absent, and resumable after a kill at any moment.

Clips are built in a hidden folder beside the corpus, each under the hash of what it is made from and the CRC-32 of what
it holds: a file that is there, as it was written, is done. When all are, they are moved into place and the folder gets
its name, so the corpus appears at once.
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
from sign2gpt.common.locks import held, lock_beside
from sign2gpt.common.progress import say, tell, track
from sign2gpt.data.card import write_corpus_card
from sign2gpt.data.corpus import COLUMNS, INFO, METADATA, UNSIGNED, Corpus, CorpusInfo
from sign2gpt.video.encode import write_clip
from sign2gpt.video.geometry import Frame

BYTES_PER_PIXEL = 0.05
"""What a clip takes on disk, estimated: signing on a plain background needs half of it."""

_OWN = re.compile(r"[0-9a-f]{32}(-\d+(-[0-9a-f]{8})?|\.[0-9a-f]{32})\.mp4")
"""Clips while a corpus grows: a digest of their source; when whole, also their number of frames and their CRC-32."""

Frames = Callable[[], Iterable[Frame]]
Stream = Callable[[Set[str]], Iterator[tuple[str, Frames]]]
"""Given the clips to write as ``split/id``, yields each with its frames, in an order of its own."""


@dataclass(frozen=True)
class ClipSource:
    """A clip to write.

    ``frames`` yields frames of size x size pixels at the corpus' frame rate; it is pickled into a worker process. None:
    they come in the corpus' stream. ``made_from`` names all that the frames depend on: a clip written before is kept
    while it is the same. ``num_frames`` is how many they will be, about: what room on the disk is asked for.
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
class _Task:
    source: ClipSource
    folder: Path
    frame_rate: float
    name: str
    comment: str

    def __str__(self) -> str:
        return self.source.key


@dataclass(frozen=True)
class _Clip:
    """A clip that is written."""

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
    """Writes a corpus; one that is there already from the same sources is left as it is.

    Args:
        folder: the corpus; its parent must have room for it. While it grows it is ``.NAME.building`` there.
        info: what ``corpus.yaml`` will say.
        sources: in the order of the tables; splits and ids decide the files' names.
        workers: who draws, decodes and encodes: processes, none: one a core; or an engine.
        stream: where the frames come from, if not from the sources.
        allow_damaged: leave out clips that cannot be read; each is told with its reason, ``corpus.yaml`` lists them.
        unsigned: training sentences without clips, which the corpus keeps for a language model.

    Returns:
        Whether there was anything to do.

    Raises:
        UserError: the folder holds something else or another command writes there, the disk has no room, or clips
            cannot be read (all of them are told; those that were written are kept for the next attempt) and may not be
            left out, or are all there are.
    """
    folder, sources = user_path(folder, "the path of a corpus"), list(sources)
    assert len({(source.split, source.id) for source in sources}) == len(sources), "a clip's id is its file's name"
    names = {_digest(info, source): source for source in sources}
    info = info.model_copy(update={"made_from": hashlib.sha256("".join(names).encode()).hexdigest()[:32]})
    with held(folder, lock_beside(folder)):
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
    """Whether there was anything to do; no other process writes there."""
    building = folder.parent / f".{folder.name}.building"
    for place in (building, building / "clips", building / "corpus"):
        check_own(place)
    if _finished(folder, info, allow_damaged):
        shutil.rmtree(building, ignore_errors=True)
        say(f"{folder} is complete already")
        return False
    with writing(folder):
        clips, damaged = _write_clips(building / "clips", info, names, workers, stream)
        _judge(building / "clips", damaged, len(clips), allow_damaged)
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
    """Whether this very corpus is there; raises where something else is."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if folder.is_dir() and (folder / INFO).is_file():
        there = build(CorpusInfo, read_yaml(folder / INFO), where=str(folder / INFO))
        if there.left_out and there.made_from == info.made_from and not allow_damaged:
            left_out = f"{len(there.left_out):,} damaged clips, such as {there.left_out[0]}"
            raise UserError(f"{folder} was made without {left_out}; remove it to make it anew, or leave them out again")
        if there.model_copy(update={"left_out": []}) == info:
            return True
    raise UserError(f"{folder} exists and holds something else; name another folder or remove it")


def _write_clips(
    folder: Path, info: CorpusInfo, names: dict[str, ClipSource], workers: Workers, stream: Stream | None
) -> tuple[dict[str, _Clip], dict[str, str]]:
    """Writes the clips that are not there yet; all of them by name, and why others are not written."""
    clips = _written_before(folder, names)
    tasks = {
        source.key: _Task(source, folder, info.frame_rate, name, info.notice)
        for name, source in names.items()
        if name not in clips
    }
    _check_room(folder, sum(task.source.num_frames for task in tasks.values()) * info.size**2)
    folder.mkdir(parents=True, exist_ok=True)
    damaged = dict.fromkeys(tasks, "its frames did not come")
    workers = 1 if len(tasks) < 2 else workers
    for key, written in track(parallel_map(_write, _fed(tasks, stream), workers), "writing clips", len(tasks)):
        if isinstance(written, str):
            damaged[key] = written
        else:
            clips[tasks[key].name] = written
            del damaged[key]
    return clips, damaged


def _judge(clips: Path, damaged: dict[str, str], written: int, allowed: bool) -> None:
    """Tells of the clips that are left out, or raises all that is wrong with them."""
    told = [f"{key}: {why}" for key, why in damaged.items()]
    if not told:
        return
    if written and allowed:
        tell([f"left out: {why}" for why in told])
        return
    problems = Problems("clips")
    problems.extend(told)
    if written:
        problems.where = f"clips (the {written:,} others are kept in {clips.parent} for the next attempt)"
    else:
        shutil.rmtree(clips.parent)
    problems.raise_if_any()


def _written_before(folder: Path, names: dict[str, ClipSource]) -> dict[str, _Clip]:
    """The clips that an earlier run wrote and nothing has changed since, by name; what else it left goes."""
    clips: dict[str, _Clip] = {}
    for path in folder.iterdir() if folder.exists() else ():
        name, *rest = path.stem.split("-")
        own = _OWN.fullmatch(path.name)
        if own and name in names and len(rest) == 2 and crc32(path.read_bytes()) == rest[1]:
            clips[name] = _Clip(path, int(rest[0]))
        elif own or is_partial(path):
            path.unlink(missing_ok=True)
    if clips:
        say(f"{len(clips):,} of {len(names):,} clips were written before")
    return clips


def _check_room(clips: Path, pixels: int) -> None:
    """Compares the estimated size of clips to write with the room on their disk."""
    place = next(parent for parent in clips.absolute().parents if parent.exists())
    needed, free = pixels * BYTES_PER_PIXEL, shutil.disk_usage(place).free
    if needed > free:
        raise UserError(
            f"{place}: about {needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free; make room or lower --size"
        )


def _fed(tasks: dict[str, _Task], stream: Stream | None) -> Iterator[_Task]:
    """Each task with its frames: its source's own, or those that the stream brings."""
    if stream is None:
        yield from tasks.values()
        return
    for key, frames in stream(tasks.keys()):
        yield replace(tasks[key], source=replace(tasks[key].source, frames=frames))


def _write(task: _Task) -> tuple[str, _Clip | str]:
    """Writes a clip; its key with the clip, or with what is wrong with its source."""
    assert task.source.frames is not None, "a clip's frames are its source's, or come in a stream"
    partial = task.folder / f"{task.name}.{uuid.uuid4().hex}.mp4"  # a killed run's worker may still be at this clip
    try:
        count = write_clip(partial, task.source.frames(), task.frame_rate, comment=task.comment)
    except UserError as error:
        return task.source.key, str(error)
    path = task.folder / f"{task.name}-{count}-{crc32(partial.read_bytes())}.mp4"
    return task.source.key, _Clip(partial.replace(path), count)


def _assemble(
    building: Path, info: CorpusInfo, names: dict[str, ClipSource], clips: dict[str, _Clip], unsigned: Sequence[str]
) -> None:
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
                source, count = names[name], clips[name].num_frames
                row = [f"{source.id}.mp4", source.text, source.signer, source.glosses or "", count]
                table.writerow([*row, *(source.extra.get(column, "") for column in extra)])
    (corpus / INFO).write_text(dump_yaml(info), encoding="utf-8")
    if unsigned:
        (corpus / UNSIGNED).write_text("".join(f"{text}\n" for text in unsigned), encoding="utf-8")
    for name, source in names.items():
        clips[name].path.replace(corpus / source.split / f"{source.id}.mp4")
    write_corpus_card(Corpus.open(corpus))
