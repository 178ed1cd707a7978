"""When a signer rests, from pixels alone: how much moves, and which still pose comes back.

A frame becomes a grid of CELLS x CELLS grey values. Movement is how much the cells that change most have changed since
the frame before. A frame is still where there is little of it; the still poses that come back most are rests, for held
signs come back less often. What is little, and which poses are the same, is told as shares of what is usual in the last
seconds: neither noise nor light nor the size of the signer in the picture needs a key.

T frames of the window, C = CELLS x CELLS.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """Keeps the grids of the last ``window`` frames; around a cut of the film, ``rest`` of them count as a rest.

    What a frame's own change tells is found once, when it comes; only what is usual is read from the window again.
    """

    def __init__(self, window: int, rest: int) -> None:
        self.window = window
        self.beside_cut = -(-rest // 2)
        self.grids = np.empty((0, CELLS * CELLS), np.float32)
        self.busiest, self.typical = np.empty(0, np.float32), np.empty(0, np.float32)

    def add(self, frames: Sequence[np.ndarray]) -> None:
        """Takes frames (H, W, 3) uint8 in."""
        if not len(frames):
            return
        new = np.stack([_grid(frame) for frame in frames])
        change = np.abs(np.diff(new, axis=0, prepend=self.grids[-1:] if len(self.grids) else new[:1]))
        self.grids = np.concatenate([self.grids, new])[-self.window :]
        self.busiest = np.append(self.busiest, _busiest(change))[-self.window :]
        self.typical = np.append(self.typical, np.median(change, axis=1))[-self.window :]

    def look(self, last: int) -> Look:
        """At the ``last`` frames, by what is usual in all of the window."""
        movement = _movement(_from_the_first(self.busiest))
        still, moving = _shares(movement)
        resting = _resting(movement, _rest_pose(self.grids, movement <= still), still, moving)
        for t in _cuts(_from_the_first(self.typical)):
            resting[max(0, t - self.beside_cut) : t + self.beside_cut] = True
        return Look(movement[-last:], resting[-last:])


def _grid(frame: np.ndarray) -> Array:
    """(H, W, 3) -> (C,), each the mean of a part of the frame."""
    height, width = (side // CELLS for side in frame.shape[:2])
    rows = frame[: CELLS * height, : CELLS * width].reshape(CELLS, height, -1).sum(1, dtype=np.float32)
    return rows.reshape(CELLS, CELLS, -1).sum(2).ravel() / np.float32(3 * height * width)


def _busiest(change: Array) -> Array:
    """Changes (T, C) -> (T,), the mean of the cells that change most."""
    most = round(BUSIEST * change.shape[1])
    return np.partition(change, -most, axis=1)[:, -most:].mean(1)


def _from_the_first(changes: Array) -> Array:
    """What the frames of a window changed: before the first there is none."""
    return np.append(np.float32(0), changes[1:])


def _movement(busiest: Array) -> Array:
    """(T,) -> (T,); what changes in one frame between still ones is the camera, not the signer."""
    around = np.pad(busiest, 1, mode="edge")
    return np.sort([around[:-2], busiest, around[2:]], axis=0)[1]


def _cuts(typical: Array) -> NDArray[np.intp]:
    """The frames after a cut of the film, by how much half of the cells change in each: that is no movement, and a
    shaking camera is no cut."""
    beside = np.pad(typical, 1)
    return np.flatnonzero(typical > np.maximum(LEAST, CUT * np.maximum(beside[:-2], beside[2:])))


def _shares(movement: Array) -> tuple[float, float]:
    """Movement at STILL and MOVING of the way from its usual low to its usual high."""
    low, high = np.quantile(movement, [QUIET, BUSY])
    low = min(low, QUIETEST * high)
    still, moving = (max(LEAST, float(low + share * (high - low))) for share in (STILL, MOVING))
    return still, moving


def _resting(movement: Array, at_rest: NDArray[np.bool_], still: float, moving: float) -> NDArray[np.bool_]:
    """A rest begins with a still frame in a pose of rest, and lasts while that pose does and little moves."""
    begins, lasts = at_rest & (movement <= still), at_rest & (movement <= moving)
    place = np.arange(len(at_rest))
    begun, over = (np.maximum.accumulate(np.where(there, place, -1)) for there in (begins, ~lasts))
    return begun > over


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
