"""Reads a corpus whose clips are in tar shards, in a folder or at an address (docs/large-corpora.md).

Tables list in which shard each clip is.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import cache_folder, sha256
from sign2gpt.data.shards.index import DIGEST, INDEX, Index, Shard, read_index
from sign2gpt.data.shards.remote import Remote
from sign2gpt.data.shards.store import LocalStore, RemoteStore, Store
from sign2gpt.data.tables import read_rows

CLIP_TABLE = "clips.csv"
"""Next to a split's metadata: the shard of each clip, and its offset there."""
COLUMNS = ("file_name", "shard", "offset", "size", "sha256")
FETCHED = ".shards"
"""Folder for fetched shards in the local copy of a remote corpus."""
LARGEST_INDEX = 64 << 20
LARGEST_TABLES = 4 << 30
"""All tables of a corpus together."""
LARGEST_CLIP = 1 << 30
DIGITS = 12
"""Most digits of an offset or a size."""


@dataclass(frozen=True)
class ShardedClip:
    """A clip inside a shard; its string form is its name in error messages."""

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
            UserError: the shard is missing, cannot be reached, or differs from the one that the index was written for.
        """
        content = self.store.read(self.shard, self.offset, self.size)
        if not self._matches(content) and self.store.discard_damaged(self.shard):
            content = self.store.read(self.shard, self.offset, self.size)
        if not self._matches(content):
            raise UserError(f"{self}: not the clip that {CLIP_TABLE} lists; copy or write the shards again")
        return content

    def _matches(self, content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() == self.sha256


@dataclass(frozen=True)
class Shards:
    """The shards of a corpus: their index, and where they are stored; ``folder`` contains the tables."""

    folder: Path
    index: Index
    store: Store

    @classmethod
    def open(cls, folder: Path) -> Shards | None:
        """The shards in a folder; None if it has no index.

        Raises:
            UserError: the index is damaged, or the hash of a table differs from the one in the index.
        """
        if not (folder / INDEX).is_file():
            return None
        index, problems = read_index(folder), Problems(str(folder))
        for name, digest in index.files.items():
            if not (folder / name).is_file() or sha256(folder / name) != digest:
                problems.add(f"{name} differs from the file that {INDEX} lists; copy it or write the shards again")
        problems.raise_if_any(shown=20)
        return cls(folder, index, LocalStore(folder))

    @classmethod
    def fetch(cls, address: str, gigabytes: float) -> Shards:
        """The shards at an address; index and tables are copied to the user's cache folder.

        Args:
            gigabytes: the first shards that fit are also kept there, once they are read.

        Raises:
            UserError: the address does not answer, or has no shards written by sign2gpt.
        """
        remote = Remote(address.rstrip("/"))
        folder = cache_folder() / "shards" / hashlib.sha256(remote.address.encode()).hexdigest()[:32]
        index = _update_copy(remote, folder)
        kept, room = dict[str, Shard](), gigabytes * 1e9
        for name, shard in index.shards.items():
            room -= shard.size
            if room < 0:
                break
            kept[name] = shard
        store = RemoteStore(remote, folder / FETCHED, kept)
        store.delete_outdated(index)
        return cls(folder, index, store)

    def clips(self, split: str) -> dict[str, ShardedClip]:
        """The clips of a split by their ``file_name`` in its metadata.

        Raises:
            UserError: the table has errors: all of them, with lines.
        """
        path = self.folder / split / CLIP_TABLE
        problems, clips = Problems(str(path)), dict[str, ShardedClip]()
        for line, cells in read_rows(path, COLUMNS, problems):
            name, shard, offset, size, digest = (cells[column] for column in COLUMNS)
            if problem := self._row_problem(shard, offset, size, digest):
                problems.add(f"line {line}: {problem}")
            else:
                clips[name] = ShardedClip(self.store, shard, name, int(offset), int(size), digest)
        problems.raise_if_any(shown=20)
        return clips

    def _row_problem(self, shard: str, offset: str, size: str, digest: str) -> str | None:
        if shard not in self.index.shards:
            return f"{INDEX} lists no shard {shard[:80]!r}"
        if not all(number.isdecimal() and len(number) <= DIGITS for number in (offset, size)):
            return f"offset {offset[:20]!r} and size {size[:20]!r} must be whole numbers"
        if not re.fullmatch(DIGEST, digest):
            return f"{digest[:80]!r} is not a SHA-256 hash"
        if int(size) > LARGEST_CLIP or int(offset) + int(size) > self.index.shards[shard].size:
            return f"a clip of {int(size):,} bytes at offset {int(offset):,} does not fit into {shard}"
        return None


def _update_copy(remote: Remote, folder: Path) -> Index:
    """Updates the local copy of index and tables; files that are no longer listed are deleted."""
    remote.check_reachable(INDEX)
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
            raise UserError(f"{remote.where(name)}: differs from the file that {INDEX} lists; copy the folder again")
    for path in [*folder.glob("[!.]*.*"), *folder.glob("[!.]*/[!.]*")]:
        if path.is_file() and path.relative_to(folder).as_posix() not in {INDEX, *index.files}:
            path.unlink()
    return index
