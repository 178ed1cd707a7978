"""When a signer rests, from pixels alone: how much moves, and which still pose comes back.

A frame becomes a grid of CELLS x CELLS grey values. Movement is how much the cells that change most have changed since
the frame before. A frame is still where there is little of it; the still poses that come back most are rests, for held
signs come back less often. What is little, and which poses are the same, is told as shares of what is usual in the last
seconds: neither noise nor light nor the size of the signer in the picture needs a key.

T frames of the window, C = CELLS x CELLS.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
CELLS = 16
BUSIEST = 0.05
"""Share of the cells that movement is read from: hands are small in the picture."""
QUIET, BUSY = 0.05, 0.9
"""Quantiles of movement: its usual low and high."""
QUIETEST = 0.25
"""Share of the high that the low is at most: who never rests is not still where he moves a little less."""
STILL, MOVING = 0.1, 0.2
"""Shares of the way from low to high: a rest begins below the first and ends over the second."""
LEAST = 4.0
"""Grey values; less than this is noise, whatever is usual."""
CUT = 3.0
"""Where half of the cells change by more than noise, and so many times as much as in the frames beside, is a cut."""
SAME_POSE = 0.3
"""Share of the median distance of two frames' grids below which they show the same pose."""
COMES_BACK = 0.3
"""Share of the commonest still pose's frames that another has at least if it is a rest too."""
COMPARED = 200
"""Frames of the window that poses are compared with."""


@dataclass(frozen=True)
class Look:
    """At the last frames: how much moves in each, and in which of them the signer rests."""

    movement: Array
    resting: NDArray[np.bool_]


class Watcher:
    """Keeps the grids of the last ``window`` frames; around a cut of the film, ``rest`` of them count as a rest."""

    def __init__(self, window: int, rest: int) -> None:
        self.grids = deque[Array](maxlen=window)
        self.beside_cut = -(-rest // 2)

    def add(self, frames: Iterable[np.ndarray]) -> None:
        """Takes frames (H, W, 3) uint8 in."""
        self.grids.extend(map(_grid, frames))

    def look(self, last: int) -> Look:
        """At the ``last`` frames, by what is usual in all of the window."""
        grids = np.stack(self.grids)
        change = np.abs(np.diff(grids, axis=0, prepend=grids[:1]))
        movement = _movement(change)
        resting = _resting(movement, _rest_pose(grids, movement <= _share(movement, STILL)))
        for t in _cuts(change):
            resting[max(0, t - self.beside_cut) : t + self.beside_cut] = True
        return Look(movement[-last:], resting[-last:])


def _grid(frame: np.ndarray) -> Array:
    """(H, W, 3) -> (C,), each the mean of a part of the frame."""
    height, width = (side // CELLS * CELLS for side in frame.shape[:2])
    cells = frame[:height, :width].reshape(CELLS, height // CELLS, CELLS, -1)
    return cells.mean((1, 3), dtype=np.float32).ravel()


def _movement(change: Array) -> Array:
    """Changes (T, C) -> (T,); what changes in one frame between still ones is the camera, not the signer."""
    most = round(BUSIEST * change.shape[1])
    busiest = np.partition(change, -most, axis=1)[:, -most:].mean(1)
    around = np.pad(busiest, 1, mode="edge")
    return np.median([around[:-2], busiest, around[2:]], axis=0)


def _cuts(change: Array) -> NDArray[np.intp]:
    """The frames after a cut of the film: that is no movement, and a shaking camera is no cut."""
    most = np.median(change, axis=1)
    beside = np.pad(most, 1)
    return np.flatnonzero(most > np.maximum(LEAST, CUT * np.maximum(beside[:-2], beside[2:])))


def _share(movement: Array, share: float) -> float:
    """Movement at a share of the way from its usual low to its usual high."""
    low, high = np.quantile(movement, [QUIET, BUSY])
    low = min(low, QUIETEST * high)
    return max(LEAST, float(low + share * (high - low)))


def _resting(movement: Array, at_rest: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A rest begins with a still frame in a pose of rest, and lasts while that pose does and little moves."""
    begins, lasts = (at_rest & (movement <= _share(movement, share)) for share in (STILL, MOVING))
    resting = np.zeros_like(at_rest)
    for t in range(len(resting)):
        resting[t] = begins[t] or (lasts[t] and t > 0 and resting[t - 1])
    return resting


def _rest_pose(grids: Array, still: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the frames (T, C) show a pose that many of the still ones show."""
    if not still.any():
        return still
    near = SAME_POSE * np.median(_distances(_some(grids), _some(grids)))
    poses = _some(grids[still])
    counts = (_distances(poses, poses) <= near).sum(1)
    rests = poses[counts >= COMES_BACK * counts.max()]
    return _distances(grids, rests).min(1) <= near


def _some(grids: Array) -> Array:
    return grids[:: -(-len(grids) // COMPARED)]


def _distances(a: Array, b: Array) -> Array:
    """(N, C), (M, C) -> root mean square differences (N, M)."""
    squares = (a * a).mean(1)[:, None] + (b * b).mean(1)[None] - 2 * (a @ b.T) / a.shape[1]
    return np.sqrt(np.maximum(squares, 0))
