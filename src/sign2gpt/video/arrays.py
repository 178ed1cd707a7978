"""Frames that a program already holds, brought to the rate and size that a corpus stores."""

from __future__ import annotations

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
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8 or len(frames) == 0:
        raise UserError(f"frames must be (T, H, W, 3) uint8 with T > 0, got {frames.shape} {frames.dtype}")
    ticks = np.arange(max(1, round(len(frames) * wanted_rate / frame_rate))) * (frame_rate / wanted_rate)
    shown = frames[np.minimum(np.floor(ticks + 1e-6).astype(int), len(frames) - 1)]
    if shown.shape[1:3] == (size, size):
        return shown
    return np.stack([np.asarray(Image.fromarray(frame).resize((size, size))) for frame in shown])
