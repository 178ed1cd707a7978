"""A corpus whose clips lie in tar shards, here or at an address: an index tells where each is (docs/shards.md)."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field, field_validator

from sign2gpt.common.config import Config, build
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import PARTIAL, cache_folder, read_json, sha256
from sign2gpt.data.paths import unfit
from sign2gpt.data.records import records
from sign2gpt.data.remote import Remote

FORMAT = 1
INDEX = "shards.json"
PLACES = "clips.csv"
"""Beside a split's metadata: in which shard each clip lies, and where there."""
COLUMNS = ("file_name", "shard", "offset", "size", "sha256")
KEPT = ".shards"
"""Of a copy of a remote corpus: shards that were fetched."""
LARGEST_INDEX = 64 << 20
LARGEST_TABLE = 4 << 30
LARGEST_SHARD = 64 << 30
LARGEST_CLIP = 1 << 30
DIGITS = 12
"""Of an offset or a size."""

DIGEST = "[0-9a-f]{64}"
Digest = Annotated[str, Field(pattern=f"^{DIGEST}$")]


class Shard(Config):
    size: int = Field(ge=1, le=LARGEST_SHARD, description="bytes")
    sha256: Digest


class Index(Config):
    """What ``shards.json`` says."""

    format: int = Field(default=FORMAT, ge=1, description="version of the index")
    made_from: Digest = Field(description="hash of the corpus' clips: who writes the same shards again finds them done")
    files: dict[str, Digest] = Field(description="SHA-256 of what lies beside the shards")
    shards: dict[str, Shard] = Field(description="the shards, in the order of the splits")

    @field_validator("files", "shards")
    @classmethod
    def _inside(cls, named: dict[str, object]) -> dict[str, object]:
        """Only plain names, in the corpus' folder or in one of a split."""
        for name in named:
            if name.count("/") > 1 or any(unfit(part) for part in name.split("/")):
                raise ValueError(f"{name[:80]!r} names no file of a corpus")
        return named

    @field_validator("shards")
    @classmethod
    def _tar(cls, shards: dict[str, Shard]) -> dict[str, Shard]:
        for name in shards:
            if not re.fullmatch(r"[^/]+-\d{6}\.tar", name):
                raise ValueError(f"{name[:80]!r} names no shard, such as train-000000.tar")
        return shards


class Store(Protocol):
    """Where shards lie."""

    def where(self, shard: str) -> str: ...
    def has(self, shard: str) -> bool: ...
    def read(self, shard: str, offset: int, size: int) -> bytes: ...


@dataclass(frozen=True)
class ShardedClip:
    """A clip inside a shard; as text it is what errors call it."""

    store: Store
    shard: str
    name: str
    offset: int
    size: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.store.where(self.shard)}: {self.name}"

    def exists(self) -> bool:
        return self.store.has(self.shard)

    def read_bytes(self) -> bytes:
        """The bytes of its video.

        Raises:
            UserError: the shard is absent, cannot be reached, or is not the one that the index was written for.
        """
        content = self.store.read(self.shard, self.offset, self.size)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise UserError(f"{self}: is not the clip that {PLACES} tells of; copy or write the shards again")
        return content


@dataclass(frozen=True)
class LocalStore:
    """Shards in a folder."""

    folder: Path

    def where(self, shard: str) -> str:
        return str(self.folder / shard)

    def has(self, shard: str) -> bool:
        return (self.folder / shard).is_file()

    def read(self, shard: str, offset: int, size: int) -> bytes:
        return _read(self.folder / shard, offset, size)


@dataclass(frozen=True)
class RemoteStore:
    """Shards at an address.

    Those of ``kept`` are fetched whole when a clip of theirs is first read, by one process for all, and stay on this
    machine under the name of their content. Of the others each clip is fetched by itself, every time.
    """

    remote: Remote
    folder: Path
    kept: dict[str, Shard]

    def where(self, shard: str) -> str:
        return self.remote.where(shard)

    def has(self, shard: str) -> bool:
        """Taken for granted: each would have to be asked for."""
        return True

    def read(self, shard: str, offset: int, size: int) -> bytes:
        if shard not in self.kept:
            return self._piece(shard, offset, size)
        path = self.folder / f"{self.kept[shard].sha256}-{shard}"
        if not path.exists():
            self._fetch(shard, path)
        return _read(path, offset, size)

    def tidy(self, index: Index) -> None:
        """Deletes shards that the corpus does not hold any more: their clips may have been taken out for good."""
        current = {f"{shard.sha256}-{name}" for name, shard in index.shards.items()}
        for path in self.folder.glob("*"):
            if path.name.removesuffix(".lock") not in current and not path.name.startswith("."):
                path.unlink(missing_ok=True)

    def _piece(self, shard: str, offset: int, size: int) -> bytes:
        content = self.remote.piece(shard, offset, size)
        if len(content) != size:
            told = f"{len(content):,} bytes came for {size:,}"
            raise UserError(
                f"{self.where(shard)}: {told}, so this store serves no pieces of files; "
                "raise data.shards_gb to keep all shards whole"
            )
        return content

    def _fetch(self, shard: str, path: Path) -> None:
        from filelock import FileLock

        wanted = self.kept[shard]
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if path.exists():  # another process was faster
                return
            for leftover in self.folder.glob(f".{path.stem}-*{PARTIAL}*"):
                leftover.unlink()
            if (free := shutil.disk_usage(self.folder).free) < wanted.size:
                raise UserError(
                    f"{self.folder}: {wanted.size / 1e9:.1f} GB for a shard, {free / 1e9:.1f} GB free; "
                    "make room, lower data.shards_gb, or let SIGN2GPT_CACHE name a larger disk"
                )
            self.remote.download(shard, path, wanted.size)
            if sha256(path) != wanted.sha256:
                path.unlink()
                raise UserError(f"{self.where(shard)}: is not the shard that {INDEX} tells of; copy it there again")


@dataclass(frozen=True)
class Shards:
    """A corpus' index, and where its shards lie."""

    folder: Path
    index: Index
    store: Store

    @classmethod
    def find(cls, folder: Path) -> Shards | None:
        """The shards of a folder, none where it has no index."""
        return cls(folder, read_index(folder), LocalStore(folder)) if (folder / INDEX).is_file() else None

    @classmethod
    def fetch(cls, address: str, gigabytes: float) -> Shards:
        """The shards at an address; index and tables are copied to the user's cache folder.

        Args:
            gigabytes: the first shards that fit are kept there too, once they are read.

        Raises:
            UserError: the address does not answer, or holds no shards of ours.
        """
        remote = Remote(address.rstrip("/"))
        folder = cache_folder() / "shards" / hashlib.sha256(remote.address.encode()).hexdigest()[:32]
        index = _copied(remote, folder)
        kept, room = dict[str, Shard](), gigabytes * 1e9
        for name, shard in index.shards.items():
            room -= shard.size
            if room < 0:
                break
            kept[name] = shard
        store = RemoteStore(remote, folder / KEPT, kept)
        store.tidy(index)
        return cls(folder, index, store)

    def clips(self, split: str) -> dict[str, ShardedClip]:
        """The clips of a split by the names that its metadata gives them.

        Raises:
            UserError: everything that is wrong in the table, with lines.
        """
        path = self.folder / split / PLACES
        problems, clips = Problems(str(path)), dict[str, ShardedClip]()
        for line, cells in records(path, COLUMNS, problems):
            name, shard, offset, size, digest = (cells[column] for column in COLUMNS)
            if problem := self._wrong(shard, offset, size, digest):
                problems.add(f"line {line}: {problem}")
            else:
                clips[name] = ShardedClip(self.store, shard, name, int(offset), int(size), digest)
        problems.raise_if_any(shown=20)
        return clips

    def _wrong(self, shard: str, offset: str, size: str, digest: str) -> str | None:
        if shard not in self.index.shards:
            return f"{shard[:80]!r} is no shard of {INDEX}"
        if not all(number.isdecimal() and len(number) <= DIGITS for number in (offset, size)):
            return f"offset {offset[:20]!r} and size {size[:20]!r} must be whole numbers"
        if not re.fullmatch(DIGEST, digest):
            return f"{digest[:80]!r} is no SHA-256"
        if int(size) > LARGEST_CLIP or int(offset) + int(size) > self.index.shards[shard].size:
            return f"a clip of {int(size):,} bytes at {int(offset):,} does not fit {shard}"
        return None


def read_index(folder: Path) -> Index:
    """Reads ``shards.json``.

    Raises:
        UserError: it is damaged, or a newer version wrote it.
    """
    path = folder / INDEX
    values = read_json(path)
    if not isinstance(values, dict):
        raise UserError(f"{path}: is no index of shards; write them with `sign2gpt shards`")
    if isinstance(version := values.get("format"), int) and version > FORMAT:
        raise UserError(f"{path}: format {version} is newer than this sign2gpt reads ({FORMAT}); update sign2gpt")
    return build(Index, values, where=str(path))


def _copied(remote: Remote, folder: Path) -> Index:
    """Brings the copy of index and tables up to date; what is listed no more goes."""
    remote.download(INDEX, folder / INDEX, LARGEST_INDEX)
    index = read_index(folder)
    for name, digest in index.files.items():
        path = folder / name
        if path.is_file() and sha256(path) == digest:
            continue
        remote.download(name, path, LARGEST_TABLE)
        if sha256(path) != digest:
            path.unlink()
            raise UserError(f"{remote.where(name)}: is not the file that {INDEX} tells of; copy the folder there again")
    for path in [*folder.glob("[!.]*.*"), *folder.glob("[!.]*/[!.]*")]:
        if path.is_file() and path.relative_to(folder).as_posix() not in {INDEX, *index.files}:
            path.unlink()
    return index


def _read(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
