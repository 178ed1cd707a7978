"""Where shards lie: in a folder, or at an address of which some are kept here."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import PARTIAL, open_file, sha256
from sign2gpt.common.progress import say
from sign2gpt.data.remote import Remote
from sign2gpt.data.shard_index import INDEX, Index, Shard


class Store(Protocol):
    """Where shards lie."""

    def where(self, shard: str) -> str: ...
    def has(self, shard: str) -> bool: ...
    def read(self, shard: str, offset: int, size: int) -> bytes: ...
    def forget(self, shard: str) -> bool: ...


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

    def forget(self, shard: str) -> bool:
        """Whether a damaged copy was deleted, so that reading again may give other bytes: there is no copy."""
        return False


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

    def forget(self, shard: str) -> bool:
        """Whether this machine's copy of a shard was damaged and is deleted; the next reading fetches it again."""
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


def _read(path: Path, offset: int, size: int) -> bytes:
    with open_file(path) as file:
        try:
            file.seek(offset)
            return file.read(size)
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
