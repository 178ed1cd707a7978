"""A corpus whose clips lie in tar shards, here or at an address: tables tell where each is (docs/shards.md)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import cache_folder, sha256
from sign2gpt.data.records import records
from sign2gpt.data.remote import Remote
from sign2gpt.data.shard_index import DIGEST, INDEX, Index, Shard, read_index
from sign2gpt.data.shard_store import LocalStore, RemoteStore, Store

PLACES = "clips.csv"
"""Beside a split's metadata: in which shard each clip lies, and where there."""
COLUMNS = ("file_name", "shard", "offset", "size", "sha256")
KEPT = ".shards"
"""Of a copy of a remote corpus: shards that were fetched."""
LARGEST_INDEX = 64 << 20
LARGEST_TABLES = 4 << 30
"""All of a corpus together."""
LARGEST_CLIP = 1 << 30
DIGITS = 12
"""Of an offset or a size."""


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
        if not self._is(content) and self.store.forget(self.shard):
            content = self.store.read(self.shard, self.offset, self.size)
        if not self._is(content):
            raise UserError(f"{self}: is not the clip that {PLACES} tells of; copy or write the shards again")
        return content

    def _is(self, content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() == self.sha256


@dataclass(frozen=True)
class Shards:
    """A corpus' index, and where its shards lie."""

    folder: Path
    index: Index
    store: Store

    @classmethod
    def find(cls, folder: Path) -> Shards | None:
        """The shards of a folder, none where it has no index.

        Raises:
            UserError: the index is damaged, or a table differs from the sum that it has in the index.
        """
        if not (folder / INDEX).is_file():
            return None
        index, problems = read_index(folder), Problems(str(folder))
        for name, digest in index.files.items():
            if not (folder / name).is_file() or sha256(folder / name) != digest:
                problems.add(f"{name} is not the file that {INDEX} lists; copy it again, or write the shards again")
        problems.raise_if_any(shown=20)
        return cls(folder, index, LocalStore(folder))

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


def _copied(remote: Remote, folder: Path) -> Index:
    """Brings the copy of index and tables up to date; what is listed no more goes."""
    remote.knock(INDEX)
    remote.download(INDEX, folder / INDEX, LARGEST_INDEX)
    index, room = read_index(folder), LARGEST_TABLES
    for name, digest in index.files.items():
        path = folder / name
        if path.is_file() and sha256(path) == digest:
            continue
        remote.download(name, path, room)
        room -= path.stat().st_size
        if sha256(path) != digest:
            path.unlink()
            raise UserError(f"{remote.where(name)}: is not the file that {INDEX} tells of; copy the folder there again")
    for path in [*folder.glob("[!.]*.*"), *folder.glob("[!.]*/[!.]*")]:
        if path.is_file() and path.relative_to(folder).as_posix() not in {INDEX, *index.files}:
            path.unlink()
    return index
