"""Frames that a program already holds, brought to the rate and size that a corpus stores."""

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
        frame_rate, wanted_rate: frames a second, before and after.

    Returns:
        (T', size, size, 3) uint8.

    Raises:
        UserError: the array is no clip.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or 0 in frames.shape:
        raise UserError(f"frames must be (T, H, W, 3) uint8 with T, H, W > 0, got {frames.shape} {frames.dtype}")
    ticks = np.arange(max(1, round(len(frames) * wanted_rate / frame_rate))) * (frame_rate / wanted_rate)
    shown = frames[np.minimum(np.floor(ticks + 1e-6).astype(int), len(frames) - 1)]
    if shown.shape[1:3] == (size, size):
        return shown
    return np.stack([_stretched(frame, size) for frame in shown])


def fit_stream(frames: Iterable[np.ndarray], frame_rate: float, wanted_rate: float, size: int) -> Iterator[np.ndarray]:
    """What `fit_frames` makes of frames (H, W, 3) that come one by one; a few at most are held.

    Raises:
        UserError: a frame is none, or there is not one.
    """
    step, held, come, tick = frame_rate / wanted_rate, deque[np.ndarray](), 0, 0
    for frame in frames:
        if frame.ndim != 3 or frame.shape[-1] != 3 or frame.dtype != np.uint8 or 0 in frame.shape:
            raise UserError(f"a frame must be (H, W, 3) uint8 with H, W > 0, got {frame.shape} {frame.dtype}")
        held.append(frame)
        come += 1
        while tick < round(come * wanted_rate / frame_rate):  # a clip that ended here would be seen at this tick
            yield _stretched(held[_at(tick, step) - come], size)
            tick += 1
        while come - len(held) < min(_at(tick, step), come):
            held.popleft()
    if not come:
        raise UserError("the frames were over before the first")
    if tick == 0:
        yield _stretched(held[0], size)


def _at(tick: int, step: float) -> int:
    return int(tick * step + 1e-6)


def _stretched(frame: np.ndarray, size: int) -> np.ndarray:
    if frame.shape[:2] == (size, size):
        return frame
    return np.asarray(Image.fromarray(frame).resize((size, size)))
