"""Frames that tell which they are, so that a test sees what became of each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def ramp(count: int, height: int = 64, width: int = 64, step: int = 3) -> np.ndarray:
    """Frames that tell their number: frame n is grey of level n * step."""
    levels = np.arange(count, dtype=np.uint8)[:, None, None, None] * step
    return np.broadcast_to(levels, (count, height, width, 3)).astype(np.uint8)


def counted(count: int) -> Iterator[np.ndarray]:
    """Frames that tell numbers up to 2500: units of 5 levels in the left half, fifties in the right one."""
    for number in range(count):
        frame = np.empty((32, 64, 3), np.uint8)
        frame[:, :32], frame[:, 32:] = number % 50 * 5, number // 50 * 5
        yield frame


def quadrants(height: int = 64, width: int = 96) -> np.ndarray:
    """A frame whose top left is red, top right green, bottom left blue, bottom right white."""
    frame = np.full((height, width, 3), 255, np.uint8)
    frame[: height // 2, : width // 2] = (255, 0, 0)
    frame[: height // 2, width // 2 :] = (0, 255, 0)
    frame[height // 2 :, : width // 2] = (0, 0, 255)
    return frame
