"""What is cached of a corpus' clips in its folder `CACHE`: decoded frames, and features of frozen encoders.

``frames/SPLIT/ID.rgb``                       decoded frames
``features/SPLIT-32 DIGITS.safetensors``      features of a split

The cache serves all processes and runs: the operating system keeps in memory what is read often.
"""

from __future__ import annotations

import os
import re
import shutil
import zlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path, PurePosixPath

import numpy as np

from sign2gpt.common.engine import cores
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file, clear_partial
from sign2gpt.common.progress import say, track
from sign2gpt.data.corpus import CACHE, ClipRow, Corpus
from sign2gpt.video.decode import read_frames

CHECKSUM = np.dtype("<u4")

_FEATURES = re.compile(r"\w+-[0-9a-f]{32}\.safetensors")


class FrameCache:
    """Decoded clips, one file each.

    A file contains (T, 3, H, W) uint8, channel by channel: six times as fast to pass on as pixel by pixel. The CRC-32
    of each frame follows and is compared at each read. The file has its clip's modification time, so that a clip that
    changed is decoded again.

    Args:
        rows: clips of a split; the first that fit are cached.
        gigabytes: size of the cache for these clips.
    """

    def __init__(self, corpus: Corpus, rows: Sequence[ClipRow], gigabytes: float) -> None:
        self.folder, self.side = corpus.folder / CACHE / "frames", corpus.info.size
        ends = np.cumsum([self._bytes(row) for row in rows])
        self.rows = rows[: int(np.searchsorted(ends, gigabytes * 1e9, side="right"))]
        self.kept = {row.id for row in self.rows}

    def fill(self, rank: int = 0, world: int = 1) -> None:
        """Decodes clips that are missing, damaged or out of date, in threads: FFmpeg runs outside Python's lock.

        Each of ``world`` processes decodes its share. If the process is killed, the next call continues from there.
        """
        missing = [row for row in self.rows[rank::world] if not self._is_current(row)]
        if missing:
            self._check_room(missing)
            with ThreadPoolExecutor(cores()) as pool:
                for _ in track(pool.map(self._decode, missing), f"frames of {missing[0].split}", len(missing)):
                    pass

    def read(self, row: ClipRow, indices: Sequence[int]) -> np.ndarray | None:
        """Frames (len(indices), H, W, 3) of a clip, decoded again if damaged; None if the clip is not cached.

        Raises:
            UserError: the frames are damaged, and the clip can no longer be decoded.
        """
        if row.id not in self.kept:
            return None
        frames = self._intact(row, indices)
        if frames is None:
            say(f"{self._path(row)} is damaged; decoding its clip again")
            self._decode(row)
            frames = self._intact(row, indices)
            assert frames is not None, "frames that were just written"
        return frames.transpose(0, 2, 3, 1)

    def _intact(self, row: ClipRow, indices: Sequence[int]) -> np.ndarray | None:
        """Frames (len(indices), 3, H, W) of a clip as they were written; None if missing or damaged."""
        shape = (row.num_frames, 3, self.side, self.side)
        try:
            stored = np.memmap(self._path(row), np.uint8, "r", shape=(self._bytes(row),))
        except (OSError, ValueError):
            return None
        end = int(np.prod(shape))
        frames = np.asarray(stored[:end].reshape(shape)[list(indices)])
        same = _checksums(row, frames) == stored[end:].view(CHECKSUM)[list(indices)]
        return frames if same.all() else None

    def _decode(self, row: ClipRow) -> None:
        changed = row.stamp()[1] if row.path.exists() else 0
        frames = read_frames(row.path, range(row.num_frames))
        if frames.shape[1:3] != (self.side, self.side):
            size = f"{frames.shape[2]}x{frames.shape[1]} pixels, but the corpus has {self.side}x{self.side}"
            raise UserError(f"{row.path}: {size}; run `sign2gpt check` on the corpus")
        with atomic_file(self._path(row)) as partial:
            planes = np.ascontiguousarray(frames.transpose(0, 3, 1, 2))
            partial.write_bytes(planes.tobytes() + _checksums(row, planes).tobytes())
            os.utime(partial, ns=(changed, changed))

    def _check_room(self, missing: Sequence[ClipRow]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        needed, free = sum(map(self._bytes, missing)), shutil.disk_usage(self.folder).free
        if needed > free:
            raise UserError(
                f"{self.folder}: caching frames needs {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB free; "
                "make room, lower data.cache_gb, or make the folder a link to a larger disk"
            )

    def _is_current(self, row: ClipRow) -> bool:
        with suppress(FileNotFoundError):
            found, (_, changed) = self._path(row).stat(), row.stamp()
            return found.st_size == self._bytes(row) and found.st_mtime_ns == changed
        return False

    def _path(self, row: ClipRow) -> Path:
        return self.folder / row.split / f"{row.id}.rgb"

    def _bytes(self, row: ClipRow) -> int:
        return row.num_frames * (3 * self.side**2 + CHECKSUM.itemsize)


def _checksums(row: ClipRow, frames: np.ndarray) -> np.ndarray:
    """The CRC-32 of each of a clip's frames (T, 3, H, W); the clip's name is part of it."""
    begin = zlib.crc32(f"{row.split}/{row.id}".encode())
    return np.array([zlib.crc32(frame, begin) for frame in frames], CHECKSUM)


def clear_cache(folder: Path, ids: Mapping[str, Collection[str]]) -> None:
    """Deletes the cached frames and features of a corpus; other files in those folders, or behind links, stay.

    The cache and its folders may be links to a larger disk: our files there are deleted, then the links.

    Args:
        ids: by split, of all clips that the corpus lists or listed.
    """
    cache = folder / CACHE
    for part in (cache, cache / "frames", *(cache / "frames" / split for split in ids), cache / "features"):
        if part.is_dir():
            clear_partial(part)
    for split, names in ids.items():
        for name in names:
            if ".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute():
                _delete_file(cache / "frames" / split / f"{name}.rgb")
    for path in (cache / "features").glob("*"):
        if _FEATURES.fullmatch(path.name):
            _delete_file(path)
    for part in (*(cache / "frames" / split for split in ids), cache / "frames", cache / "features", cache):
        _delete_empty(part)


def _delete_file(path: Path) -> None:
    if path.is_file() or path.is_symlink():
        path.unlink()


def _delete_empty(folder: Path) -> None:
    """Deletes a folder if it is empty; of a link, the link and the empty folder that it points to."""
    target = folder.resolve()
    if folder.is_symlink():
        folder.unlink()
    with suppress(OSError):  # it does not exist, or contains other files
        target.rmdir()
