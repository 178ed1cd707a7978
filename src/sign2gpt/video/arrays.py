"""Frames in memory, brought to the rate and size of a corpus."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

from sign2gpt.common.errors import UserError


def fit_frames(frames: np.ndarray, frame_rate: float, wanted_rate: float, size: int) -> np.ndarray:
    """Brings frames to ``wanted_rate`` (the frame shown at each tick) and ``size`` (stretched).

    Args:
        frames: (T, H, W, 3) uint8 RGB.
        frame_rate, wanted_rate: frames per second, before and after.

    Returns:
        (T', size, size, 3) uint8.

    Raises:
        UserError: the array is not a clip.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or 0 in frames.shape:
        raise UserError(f"frames must be (T, H, W, 3) uint8 with T, H, W > 0, got {frames.shape} {frames.dtype}")
    ticks = np.arange(max(1, round(len(frames) * wanted_rate / frame_rate))) * (frame_rate / wanted_rate)
    shown = frames[np.minimum(np.floor(ticks + 1e-6).astype(int), len(frames) - 1)]
    if shown.shape[1:3] == (size, size):
        return shown
    return np.stack([_stretched(frame, size) for frame in shown])


def fit_stream(frames: Iterable[np.ndarray], frame_rate: float, wanted_rate: float, size: int) -> Iterator[np.ndarray]:
    """As `fit_frames`, of frames (H, W, 3) one by one; at most a few are kept in memory.

    Raises:
        UserError: a frame is invalid, or there is none.
    """
    step, kept, count, tick = frame_rate / wanted_rate, deque[np.ndarray](), 0, 0
    for frame in frames:
        if frame.ndim != 3 or frame.shape[-1] != 3 or frame.dtype != np.uint8 or 0 in frame.shape:
            raise UserError(f"a frame must be (H, W, 3) uint8 with H, W > 0, got {frame.shape} {frame.dtype}")
        kept.append(frame)
        count += 1
        while tick < round(count * wanted_rate / frame_rate):  # a clip that ended here would have this tick
            yield _stretched(kept[_at(tick, step) - count], size)
            tick += 1
        while count - len(kept) < min(_at(tick, step), count):
            kept.popleft()
    if not count:
        raise UserError("there are no frames")
    if tick == 0:
        yield _stretched(kept[0], size)


def _at(tick: int, step: float) -> int:
    return int(tick * step + 1e-6)


def _stretched(frame: np.ndarray, size: int) -> np.ndarray:
    if frame.shape[:2] == (size, size):
        return frame
    return np.asarray(Image.fromarray(frame).resize((size, size)))
