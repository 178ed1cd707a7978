"""Decoded clips on disk, for all processes and runs: the system keeps in memory what is read often."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from sign2gpt.common.engine import cores
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file
from sign2gpt.common.progress import say, track
from sign2gpt.data.corpus import CACHE, ClipRow, Corpus
from sign2gpt.video.decode import read_frames

SUM = np.dtype("<u4")


class FrameCache:
    """A file of raw frames for each clip that fits, in the corpus' folder `CACHE`.

    A file holds (T, 3, H, W) uint8, channel by channel: six times as fast to hand over as pixel by pixel. Behind them
    stand the frames' CRC-32, which are compared at each reading. It bears its clip's time of change, so that the frames
    of a clip that was made again are decoded again.

    Args:
        rows: clips of a split; the first ones are kept.
        gigabytes: how many of them.
    """

    def __init__(self, corpus: Corpus, rows: Sequence[ClipRow], gigabytes: float) -> None:
        self.folder, self.side = corpus.folder / CACHE / "frames", corpus.info.size
        ends = np.cumsum([self._bytes(row) for row in rows])
        self.rows = rows[: int(np.searchsorted(ends, gigabytes * 1e9, side="right"))]
        self.kept = {row.id for row in self.rows}

    def fill(self, rank: int = 0, world: int = 1) -> None:
        """Decodes what is missing, damaged or older than its clip, in threads: FFmpeg runs outside Python's lock.

        Each of ``world`` processes does its share. Killed at any moment, it goes on where it was.
        """
        missing = [row for row in self.rows[rank::world] if not self._whole(row)]
        if missing:
            self._check_room(missing)
            with ThreadPoolExecutor(cores()) as pool:
                for _ in track(pool.map(self._decode, missing), f"frames of {missing[0].split}", len(missing)):
                    pass

    def read(self, row: ClipRow, indices: Sequence[int]) -> np.ndarray | None:
        """Frames (len(indices), H, W, 3) of a clip, decoded anew where they are damaged; none where they are not kept.

        Raises:
            UserError: they are damaged, and their clip cannot be decoded any more.
        """
        if row.id not in self.kept:
            return None
        frames = self._intact(row, indices)
        if frames is None:
            say(f"{self._path(row)} is damaged; decoding its clip again")
            self._decode(row)
            frames = self._intact(row, indices)
            assert frames is not None, "frames that were written a moment ago"
        return frames.transpose(0, 2, 3, 1)

    def _intact(self, row: ClipRow, indices: Sequence[int]) -> np.ndarray | None:
        """Frames (len(indices), 3, H, W) of a clip as they were written, or none."""
        shape = (row.num_frames, 3, self.side, self.side)
        try:
            stored = np.memmap(self._path(row), np.uint8, "r", shape=(self._bytes(row),))
        except (OSError, ValueError):
            return None
        end = int(np.prod(shape))
        frames = np.asarray(stored[:end].reshape(shape)[list(indices)])
        same = _sums(row, frames) == stored[end:].view(SUM)[list(indices)]
        return frames if same.all() else None

    def _decode(self, row: ClipRow) -> None:
        changed = row.state()[1] if row.path.exists() else 0
        frames = read_frames(row.path, range(row.num_frames))
        if frames.shape[1:3] != (self.side, self.side):
            raise UserError(f"{row.path}: not of the corpus' {self.side} pixels; run `sign2gpt check` on its corpus")
        with atomic_file(self._path(row)) as partial:
            planes = np.ascontiguousarray(frames.transpose(0, 3, 1, 2))
            partial.write_bytes(planes.tobytes() + _sums(row, planes).tobytes())
            os.utime(partial, ns=(changed, changed))

    def _check_room(self, missing: Sequence[ClipRow]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        needed, free = sum(map(self._bytes, missing)), shutil.disk_usage(self.folder).free
        if needed > free:
            raise UserError(
                f"{self.folder}: {needed / 1e9:.1f} GB of frames to keep, {free / 1e9:.1f} GB free; "
                "make room, lower data.cache_gb, or make its folder a link to a larger disk"
            )

    def _whole(self, row: ClipRow) -> bool:
        with suppress(FileNotFoundError):
            found, (_, changed) = self._path(row).stat(), row.state()
            return found.st_size == self._bytes(row) and found.st_mtime_ns == changed
        return False

    def _path(self, row: ClipRow) -> Path:
        return self.folder / row.split / f"{row.id}.rgb"

    def _bytes(self, row: ClipRow) -> int:
        return row.num_frames * (3 * self.side**2 + SUM.itemsize)


def _sums(row: ClipRow, frames: np.ndarray) -> np.ndarray:
    """The CRC-32 of each of a clip's frames (T, 3, H, W), which are those of no other clip."""
    begin = zlib.crc32(f"{row.split}/{row.id}".encode())
    return np.array([zlib.crc32(frame, begin) for frame in frames], SUM)
