"""A corpus' clips into tar shards that the webdataset library reads, with our index: the same bytes every time.

Shards are built in a hidden folder beside their place, each whole or absent: after a kill those that are there stay.
When all are, the folder gets its name, so the shards appear at once.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sign2gpt.common.checksums import is_whole, sealed
from sign2gpt.common.engine import parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import atomic_file, check_own, clear_partial, read_json, sha256, write_json, writing
from sign2gpt.common.locks import held, lock_beside
from sign2gpt.common.progress import say, track
from sign2gpt.data.corpus import INFO, METADATA, UNSIGNED, ClipRow, Corpus
from sign2gpt.data.paths import unfit
from sign2gpt.data.pseudo_glosses import FILE
from sign2gpt.data.remote import is_address
from sign2gpt.data.shard_index import INDEX, Index, Shard, read_index
from sign2gpt.data.shards import COLUMNS, LARGEST_CLIP, PLACES

MEGABYTES = 256
"""Of a shard, about: few enough to fetch at once, many enough to be fetched fast."""

_OWN = re.compile(r"[0-9a-f]{32}")
"""Folders where shards grow, each of a digest of its clips."""

Place = tuple[str, int, int, str]
"""Of a clip in its shard: the metadata's name for it, where its bytes begin, how many they are, and their hash."""


@dataclass(frozen=True)
class _Task:
    """A shard of the corpus ``root`` to write to ``folder``; ``done`` tells what is in it, once it is whole."""

    root: Path
    name: str
    rows: list[ClipRow]
    folder: Path
    done: Path

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class _Done:
    name: str
    shard: Shard
    places: list[Place]


def write_shards(corpus: Corpus, place: str | Path, megabytes: float = MEGABYTES, workers: int | None = None) -> bool:
    """Writes a corpus as shards; those that are there already from the same clips are left as they are.

    Args:
        place: the folder of the shards. While they grow they are in ``.NAME.building`` beside it.
        megabytes: a shard ends with the clip that fills it; one that holds a larger clip is larger.
        workers: processes; none: one a core.

    Returns:
        Whether there were shards to write; what lies beside them is brought up to date in any case.

    Raises:
        UserError: the folder holds something else or another call writes there, it is the current one, a mount point
            or an address, the disk has no room, or clips cannot be read or named.
    """
    corpus.need_files("write")
    if is_address(place):
        raise UserError(f"{place}: shards are written to a folder; copy it there afterwards")
    out = Path(place).resolve()
    planned = _plan(corpus, megabytes * 1e6)
    made_from = _digest(corpus, planned)
    with held(out, lock_beside(out)):
        return _write(corpus, planned, made_from, out, workers)


def _write(corpus: Corpus, planned: dict[str, list[ClipRow]], made_from: str, out: Path, workers: int | None) -> bool:
    """Whether there were shards to write; no other process writes there."""
    building = out.parent / f".{out.name}.building"
    check_own(building)
    if _finished(out, made_from):
        shutil.rmtree(building, ignore_errors=True)
        _bring_up_to_date(corpus, out)
        say(f"{out} is complete already")
        return False
    _check_place(out)
    growing = building / made_from[:32]
    check_own(growing)
    with writing(out):
        _clear(building, growing)
        _check_room(growing, [row for rows in planned.values() for row in rows])
        tasks = [
            _Task(corpus.folder, name, rows, growing / "shards", growing / f"{name}.json")
            for name, rows in planned.items()
        ]
        parts = parallel_map(_write_shard, tasks, 1 if len(tasks) < 2 else workers)
        done = list(track(parts, "writing shards", len(tasks)))
        _finish(corpus, growing / "shards", done, made_from)
        (growing / "shards").replace(out)
    shutil.rmtree(building)
    return True


def _plan(corpus: Corpus, most: float) -> dict[str, list[ClipRow]]:
    """The clips of each shard, in the tables' order."""
    shards: dict[str, list[ClipRow]] = {}
    problems = Problems(str(corpus.folder))
    for split in corpus.splits:
        if reason := unfit(split):
            problems.add(f"split {reason}, as a shard is called by it")
        rows, keys = corpus.rows(split), set[str]()
        number, held = -1, most
        for row in rows:
            if reason := _unfit(row, keys):
                problems.add(f"{split}/{row.id}: {reason}")
                continue
            if held >= most:
                number, held = number + 1, 0
            shards.setdefault(f"{split}-{number:06d}.tar", []).append(row)
            held += _file(row).stat().st_size
    problems.raise_if_any(shown=20)
    return shards


def _unfit(row: ClipRow, keys: set[str]) -> str | None:
    """Why a clip cannot be put into a shard, if so; its id joins ``keys``."""
    if row.id in keys:
        return "another clip of the split has this name too, with another ending; rename one"
    keys.add(row.id)
    path = _file(row)
    if path.is_dir():
        return "is a folder of images; make a video of it with `sign2gpt prepare`"
    if not path.is_file():
        return f"{path}: no such file"
    if path.stat().st_size > LARGEST_CLIP:
        return f"has {path.stat().st_size:,} bytes; a clip has at most {LARGEST_CLIP:,}"
    return None


def _file(row: ClipRow) -> Path:
    assert isinstance(row.path, Path), "shards are written from files"
    return row.path


def _digest(corpus: Corpus, planned: dict[str, list[ClipRow]]) -> str:
    tables = {split: sha256(corpus.folder / split / METADATA) for split in corpus.splits}
    states = {name: [row.state() for row in rows] for name, rows in planned.items()}
    return hashlib.sha256(json.dumps([tables, states]).encode()).hexdigest()


def _finished(out: Path, made_from: str) -> bool:
    """Whether these very shards are there; raises where something else is."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    if out.is_dir() and (out / INDEX).is_file():
        if read_index(out).made_from == made_from:
            return True
        raise UserError(f"{out} holds shards of other clips; remove it to write them anew, or name another folder")
    raise UserError(f"{out} exists and holds something else; name another folder or remove it")


def _check_place(out: Path) -> None:
    """Raises where no folder can be put in the place of this one."""
    if out == Path.cwd() or out.is_mount():
        what = "a mount point" if out.is_mount() else "the current folder"
        raise UserError(f"{out}: is {what}, in whose place no shards can be put; name a folder in it")


def _clear(building: Path, growing: Path) -> None:
    """Makes the place where shards grow; what a killed run had begun goes, and all that is of other clips."""
    for other in building.iterdir() if building.exists() else ():
        if other != growing and _OWN.fullmatch(other.name) and not other.is_symlink():
            shutil.rmtree(other)
    (growing / "shards").mkdir(parents=True, exist_ok=True)
    clear_partial(growing)


def _check_room(growing: Path, rows: Sequence[ClipRow]) -> None:
    written = sum(path.stat().st_size for path in (growing / "shards").glob("*.tar"))
    needed, free = sum(row.state()[0] for row in rows) - written, shutil.disk_usage(growing).free
    if needed > free:
        raise UserError(f"{growing.parent.parent}: {needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free; make room")


def _write_shard(task: _Task) -> _Done:
    if (done := _written_before(task)) is not None:
        return done
    with atomic_file(task.folder / task.name) as partial:
        with partial.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            places = [_add(tar, row, task.root / row.split) for row in task.rows]
        shard = Shard(size=partial.stat().st_size, sha256=sha256(partial))
    write_json(task.done, sealed({"shard": shard.model_dump(), "places": places}))
    return _Done(task.name, shard, places)


def _written_before(task: _Task) -> _Done | None:
    """The shard where a killed run has written it, and nothing has changed it since."""
    path = task.folder / task.name
    try:
        stored = read_json(task.done)
    except UserError:
        return None
    if not (is_whole(stored) and path.is_file() and sha256(path) == stored["shard"]["sha256"]):
        return None
    return _Done(task.name, Shard(**stored["shard"]), [tuple(place) for place in stored["places"]])


def _add(tar: tarfile.TarFile, row: ClipRow, root: Path) -> Place:
    """Adds a clip and what its row tells; a key has no dot, at which webdataset would cut it."""
    path = _file(row)
    content = path.read_bytes()
    key = row.id.replace("%", "%25").replace(".", "%2E")
    _put(tar, f"{key}{path.suffix.lower()}", content)
    offset = tar.offset - -(-len(content) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    told = {name: getattr(row, name) for name in ("id", "split", "text", "glosses", "signer", "num_frames", "extra")}
    _put(tar, f"{key}.json", json.dumps(told, ensure_ascii=False).encode())
    return path.relative_to(root).as_posix(), offset, len(content), hashlib.sha256(content).hexdigest()


def _put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # of no time and nobody
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _finish(corpus: Corpus, folder: Path, done: Sequence[_Done], made_from: str) -> None:
    """Writes where each clip is, what lies beside the shards, and the index."""
    for split in corpus.splits:
        with atomic_file(folder / split / PLACES) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for part in done:
                if part.name.rpartition("-")[0] == split:
                    table.writerows((name, part.name, *place) for name, *place in part.places)
    shards = {part.name: part.shard for part in done}
    _write_index(corpus, folder, Index(made_from=made_from, files={}, shards=shards))


def _bring_up_to_date(corpus: Corpus, out: Path) -> None:
    """Pseudo-glosses may have been made since, or anew."""
    index = read_index(out)
    beside = {name: sha256(path) for name, path in _beside(corpus)}
    if beside.items() <= index.files.items() and (FILE in beside) == (FILE in index.files):
        return
    _write_index(corpus, out, index)


def _write_index(corpus: Corpus, folder: Path, index: Index) -> None:
    """Copies what lies beside the clips, and writes the index that tells of it."""
    for name, path in _beside(corpus):
        with atomic_file(folder / name) as partial:
            shutil.copyfile(path, partial)
    if not (corpus.folder / FILE).is_file():
        (folder / FILE).unlink(missing_ok=True)
    names = [*(name for name, _ in _beside(corpus)), *(f"{split}/{PLACES}" for split in corpus.splits)]
    files = {name: sha256(folder / name) for name in names}
    write_json(folder / INDEX, index.model_copy(update={"files": files}).model_dump())


def _beside(corpus: Corpus) -> Iterator[tuple[str, Path]]:
    """What training needs beside the clips, as it is called in the corpus."""
    names = [INFO, UNSIGNED, FILE, *(f"{split}/{METADATA}" for split in corpus.splits)]
    yield from ((name, corpus.folder / name) for name in names if (corpus.folder / name).is_file())
