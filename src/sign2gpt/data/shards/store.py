"""Where shards are stored: in a folder, or at an address, with copies of some in a local folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import PARTIAL, open_file, sha256
from sign2gpt.common.progress import say
from sign2gpt.data.shards.index import INDEX, Index, Shard
from sign2gpt.data.shards.remote import Remote


class Store(Protocol):
    """A folder or an address with shards; `discard_damaged` deletes a damaged local copy and returns whether it did."""

    def where(self, shard: str) -> str: ...
    def has(self, shard: str) -> bool: ...
    def read(self, shard: str, offset: int, size: int) -> bytes: ...
    def discard_damaged(self, shard: str) -> bool: ...


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

    def discard_damaged(self, shard: str) -> bool:
        """False: shards in a folder are no copies."""
        return False


@dataclass(frozen=True)
class RemoteStore:
    """Shards at an address.

    Shards in ``kept`` are fetched completely when one of their clips is first read, by one process for all, and kept in
    ``folder`` under the hash of their content. From other shards each clip is fetched separately, every time.
    """

    remote: Remote
    folder: Path
    kept: dict[str, Shard]

    def where(self, shard: str) -> str:
        return self.remote.where(shard)

    def has(self, shard: str) -> bool:
        """True: checking would take a request per shard."""
        return True

    def read(self, shard: str, offset: int, size: int) -> bytes:
        if shard not in self.kept:
            return self._piece(shard, offset, size)
        path = self.folder / f"{self.kept[shard].sha256}-{shard}"
        if not path.exists():
            self._fetch(shard, path)
        return _read(path, offset, size)

    def discard_damaged(self, shard: str) -> bool:
        """Whether the local copy of a shard was damaged; it is deleted, and the next read fetches the shard again."""
        from filelock import FileLock

        if shard not in self.kept:
            return False
        path = self.folder / f"{self.kept[shard].sha256}-{shard}"
        with FileLock(f"{path}.lock"):
            if path.is_file() and sha256(path) == self.kept[shard].sha256:
                return True  # another process has fetched it again
            path.unlink(missing_ok=True)
        say(f"{path} is damaged; fetching it again")
        return True

    def delete_outdated(self, index: Index) -> None:
        """Deletes copies of shards that are no longer in the corpus: their clips may have been removed for good."""
        current = {f"{shard.sha256}-{name}" for name, shard in index.shards.items()}
        for path in self.folder.glob("*"):
            if path.name.removesuffix(".lock") not in current and not path.name.startswith("."):
                path.unlink(missing_ok=True)

    def _piece(self, shard: str, offset: int, size: int) -> bytes:
        content = self.remote.piece(shard, offset, size)
        if len(content) != size:
            raise UserError(
                f"{self.where(shard)}: got {len(content):,} bytes instead of {size:,}: the server does not support "
                "range requests; raise data.shards_gb to fetch whole shards"
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
                    f"{self.folder}: a shard needs {wanted.size / 1e9:.1f} GB, {free / 1e9:.1f} GB free; "
                    "make room, lower data.shards_gb, or set SIGN2GPT_CACHE to a folder on a larger disk"
                )
            self.remote.download(shard, path, wanted.size)
            if sha256(path) != wanted.sha256:
                path.unlink()
                raise UserError(f"{self.where(shard)}: differs from the shard that {INDEX} lists; copy it again")


def _read(path: Path, offset: int, size: int) -> bytes:
    with open_file(path) as file:
        try:
            file.seek(offset)
            return file.read(size)
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
