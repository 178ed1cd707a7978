"""Long video into sentences, while it is read: by rest and by length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Segmentation:
    """Seconds: a ``rest_s`` between signs ends a sentence; one is ``shortest_s`` to ``longest_s`` long."""

    rest_s: float = 0.2
    shortest_s: float = 0.5
    longest_s: float = 10.0


@dataclass(frozen=True)
class Segment:
    """A sentence's frames (T, H, W, 3) uint8, from ``start_s`` to ``end_s`` seconds of the video."""

    start_s: float
    end_s: float
    frames: np.ndarray


def segments(frames: Iterable[np.ndarray], frame_rate: float, config: Segmentation) -> Iterator[Segment]:
    """Yields the sentences of frames (H, W, 3) uint8 that come one by one; holds at most ``longest_s`` of them."""
    raise NotImplementedError
