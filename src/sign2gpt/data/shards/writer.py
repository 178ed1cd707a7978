"""Writes a corpus' clips to tar shards that the webdataset library reads, with our index: the same bytes every time.

Shards are first written to a hidden folder next to the final one, each completely or not at all; after a kill the
finished ones are kept. When all are written, the folder gets its final name, so the shards appear at once.
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
from typing import TYPE_CHECKING

from sign2gpt.common.checksums import is_sealed, sealed
from sign2gpt.common.engine import parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import atomic_file, check_own, clear_partial, read_json, sha256, write_json, writing
from sign2gpt.common.locks import lock_next_to, locked
from sign2gpt.common.progress import say, track
from sign2gpt.data.glosses.pseudo_glosses import FILE
from sign2gpt.data.shards.corpus import CLIP_TABLE, COLUMNS, LARGEST_CLIP
from sign2gpt.data.shards.index import INDEX, Index, Shard, read_index
from sign2gpt.data.shards.remote import is_address
from sign2gpt.data.tables import INFO, METADATA, UNSIGNED, id_problem

if TYPE_CHECKING:
    from sign2gpt.data.corpus import ClipRow, Corpus

MEGABYTES = 256
"""Approximate size of a shard: small enough to fetch at once, large enough to fetch efficiently."""

_OWN = re.compile(r"[0-9a-f]{32}")
"""Names of folders with unfinished shards: a digest of their clips."""

ClipLocation = tuple[str, int, int, str]
"""A clip in its shard: its ``file_name``, offset, size in bytes and hash."""


@dataclass(frozen=True)
class _ShardTask:
    """A shard of the corpus ``root`` to write to ``folder``; the file ``done`` describes it once it is written."""

    root: Path
    name: str
    rows: list[ClipRow]
    folder: Path
    done: Path

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class _WrittenShard:
    name: str
    shard: Shard
    clips: list[ClipLocation]


def write_shards(corpus: Corpus, folder: str | Path, megabytes: float = MEGABYTES, workers: int | None = None) -> bool:
    """Writes a corpus as shards; existing shards of the same clips are left as they are.

    Args:
        folder: the folder of the shards; until they are complete, it is ``.NAME.building`` in the same parent folder.
        megabytes: a shard ends with the clip that reaches this size.
        workers: number of processes [default: one per core].

    Returns:
        False if the shards were already complete; the files next to them are updated in any case.

    Raises:
        UserError: ``folder`` contains something else, another command writes to it, it is the current folder, a mount
            point or an address, the disk is full, or clips cannot be read or have unsuitable names.
    """
    corpus.need_files("write the shards of")
    if is_address(folder):
        raise UserError(f"{folder}: shards are written to a local folder; copy it to the address afterwards")
    out = Path(folder).resolve()
    planned = _plan(corpus, megabytes * 1e6)
    made_from = _digest(corpus, planned)
    with locked(out, lock_next_to(out)):
        return _write(corpus, planned, made_from, out, workers)


def _write(corpus: Corpus, planned: dict[str, list[ClipRow]], made_from: str, out: Path, workers: int | None) -> bool:
    """See `write_shards`; the folder is locked."""
    building = out.parent / f".{out.name}.building"
    check_own(building)
    if _finished(out, made_from):
        shutil.rmtree(building, ignore_errors=True)
        _update_files(corpus, out)
        say(f"{out} is already complete")
        return False
    _check_replaceable(out)
    unfinished = building / made_from[:32]
    check_own(unfinished)
    with writing(out):
        _clear(building, unfinished)
        _check_room(unfinished, [row for rows in planned.values() for row in rows])
        tasks = [
            _ShardTask(corpus.folder, name, rows, unfinished / "shards", unfinished / f"{name}.json")
            for name, rows in planned.items()
        ]
        parts = parallel_map(_write_shard, tasks, 1 if len(tasks) < 2 else workers)
        written = list(track(parts, "writing shards", len(tasks)))
        _finish(corpus, unfinished / "shards", written, made_from)
        (unfinished / "shards").replace(out)
    shutil.rmtree(building)
    return True


def _plan(corpus: Corpus, most: float) -> dict[str, list[ClipRow]]:
    """The clips of each shard, in the order of the tables."""
    shards: dict[str, list[ClipRow]] = {}
    problems = Problems(str(corpus.folder))
    for split in corpus.splits:
        if reason := id_problem(split):
            problems.add(f"split {reason}, and shards are named after it; rename the split")
        rows, keys = corpus.rows(split), set[str]()
        number, size = -1, most
        for row in rows:
            if reason := _clip_problem(row, keys):
                problems.add(f"{split}/{row.id}: {reason}")
                continue
            if size >= most:
                number, size = number + 1, 0
            shards.setdefault(f"{split}-{number:06d}.tar", []).append(row)
            size += _file(row).stat().st_size
    problems.raise_if_any(shown=20)
    return shards


def _clip_problem(row: ClipRow, keys: set[str]) -> str | None:
    """Why a clip cannot be put into a shard, if so; adds its id to ``keys``."""
    if row.id in keys:
        return "two clips of the split differ only in the file name's ending; rename one"
    keys.add(row.id)
    path = _file(row)
    if path.is_dir():
        return "is a folder of images; make a video of it with `sign2gpt prepare`"
    if not path.is_file():
        return f"{path}: no such file"
    if path.stat().st_size > LARGEST_CLIP:
        return f"has {path.stat().st_size:,} bytes; at most {LARGEST_CLIP:,} are allowed"
    return None


def _file(row: ClipRow) -> Path:
    assert isinstance(row.path, Path), "shards are written from files"
    return row.path


def _digest(corpus: Corpus, planned: dict[str, list[ClipRow]]) -> str:
    tables = {split: sha256(corpus.folder / split / METADATA) for split in corpus.splits}
    stamps = {name: [row.stamp() for row in rows] for name, rows in planned.items()}
    return hashlib.sha256(json.dumps([tables, stamps]).encode()).hexdigest()


def _finished(out: Path, made_from: str) -> bool:
    """Whether the folder contains these very shards; raises if it contains something else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    if out.is_dir() and (out / INDEX).is_file():
        if read_index(out).made_from == made_from:
            return True
        raise UserError(
            f"{out} already exists with shards of other clips; delete it to write them again, or name another folder"
        )
    raise UserError(f"{out} already exists and has no shards; name another folder or delete it")


def _check_replaceable(out: Path) -> None:
    """Raises if this folder cannot be replaced by another."""
    if out == Path.cwd() or out.is_mount():
        what = "a mount point" if out.is_mount() else "the current folder"
        raise UserError(f"{out}: is {what}, which cannot be replaced; name a folder inside it")


def _clear(building: Path, unfinished: Path) -> None:
    """Makes the folder for unfinished shards; deletes partial files of a killed command, and shards of other clips."""
    for other in building.iterdir() if building.exists() else ():
        if other != unfinished and _OWN.fullmatch(other.name) and not other.is_symlink():
            shutil.rmtree(other)
    (unfinished / "shards").mkdir(parents=True, exist_ok=True)
    clear_partial(unfinished)


def _check_room(unfinished: Path, rows: Sequence[ClipRow]) -> None:
    written = sum(path.stat().st_size for path in (unfinished / "shards").glob("*.tar"))
    needed, free = sum(row.stamp()[0] for row in rows) - written, shutil.disk_usage(unfinished).free
    if needed > free:
        parent = unfinished.parent.parent
        raise UserError(f"{parent}: {needed / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free; make room")


def _write_shard(task: _ShardTask) -> _WrittenShard:
    if (written := _written_before(task)) is not None:
        return written
    with atomic_file(task.folder / task.name) as partial:
        with partial.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            clips = [_add(tar, row, task.root / row.split) for row in task.rows]
        shard = Shard(size=partial.stat().st_size, sha256=sha256(partial))
    write_json(task.done, sealed({"shard": shard.model_dump(), "places": clips}))
    return _WrittenShard(task.name, shard, clips)


def _written_before(task: _ShardTask) -> _WrittenShard | None:
    """The shard, if an earlier command wrote it and it is intact."""
    path = task.folder / task.name
    try:
        stored = read_json(task.done)
    except UserError:
        return None
    if not (is_sealed(stored) and path.is_file() and sha256(path) == stored["shard"]["sha256"]):
        return None
    return _WrittenShard(task.name, Shard(**stored["shard"]), [tuple(clip) for clip in stored["places"]])


def _add(tar: tarfile.TarFile, row: ClipRow, root: Path) -> ClipLocation:
    """Adds a clip and its row; dots in the key are escaped, as webdataset would cut it there."""
    path = _file(row)
    content = path.read_bytes()
    key = row.id.replace("%", "%25").replace(".", "%2E")
    _put(tar, f"{key}{path.suffix.lower()}", content)
    offset = tar.offset - -(-len(content) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    fields = {name: getattr(row, name) for name in ("id", "split", "text", "glosses", "signer", "num_frames", "extra")}
    _put(tar, f"{key}.json", json.dumps(fields, ensure_ascii=False).encode())
    return path.relative_to(root).as_posix(), offset, len(content), hashlib.sha256(content).hexdigest()


def _put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)  # without time or owner
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _finish(corpus: Corpus, folder: Path, written: Sequence[_WrittenShard], made_from: str) -> None:
    """Writes the tables of clips, the other files next to the shards, and the index."""
    for split in corpus.splits:
        path = folder / split / CLIP_TABLE
        with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for part in written:
                if part.name.rpartition("-")[0] == split:
                    table.writerows((name, part.name, *location) for name, *location in part.clips)
    shards = {part.name: part.shard for part in written}
    _write_index(corpus, folder, Index(made_from=made_from, files={}, shards=shards))


def _update_files(corpus: Corpus, out: Path) -> None:
    """Copies the files next to the shards again if they changed, such as new pseudo-glosses."""
    index = read_index(out)
    current = {name: sha256(path) for name, path in _files_of(corpus)}
    if current.items() <= index.files.items() and (FILE in current) == (FILE in index.files):
        return
    _write_index(corpus, out, index)


def _write_index(corpus: Corpus, folder: Path, index: Index) -> None:
    """Copies the corpus' other files, and writes the index with their hashes."""
    for name, path in _files_of(corpus):
        with atomic_file(folder / name) as partial:
            shutil.copyfile(path, partial)
    if not (corpus.folder / FILE).is_file():
        (folder / FILE).unlink(missing_ok=True)
    names = [*(name for name, _ in _files_of(corpus)), *(f"{split}/{CLIP_TABLE}" for split in corpus.splits)]
    files = {name: sha256(folder / name) for name in names}
    write_json(folder / INDEX, index.model_copy(update={"files": files}).model_dump())


def _files_of(corpus: Corpus) -> Iterator[tuple[str, Path]]:
    """The files that training needs in addition to the clips, by their path in the corpus."""
    names = [INFO, UNSIGNED, FILE, *(f"{split}/{METADATA}" for split in corpus.splits)]
    yield from ((name, corpus.folder / name) for name in names if (corpus.folder / name).is_file())
