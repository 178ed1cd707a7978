"""Finds when a signer rests, from pixels alone: by how much moves, and which still poses recur.

A frame becomes a grid of CELLS x CELLS grey values. Movement is how much the cells that change most have changed since
the previous frame. A frame with little movement is still; the still poses that recur most are rests, since held signs
recur less often. Thresholds are shares of what is usual in the last seconds, so noise, light and the size of the signer
need no setting.

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
"""Share of the cells that movement is measured in: hands are a small part of a frame."""
QUIET, BUSY = 0.05, 0.9
"""Quantiles of movement that count as its usual low and high."""
QUIETEST = 0.25
"""Most that the low may be, as a share of the high: a signer who never rests has no still frames."""
STILL, MOVING = 0.1, 0.2
"""Shares of the way from low to high: a rest begins below the first and ends over the second."""
LEAST = 4.0
"""Grey values; less movement than this is always noise."""
CUT = 3.0
"""A frame is a cut if half of its cells change by more than noise, and this many times as much as its neighbours'."""
SAME_POSE = 0.3
"""Share of the median distance of two frames' grids below which they show the same pose."""
COMES_BACK = 0.3
"""A still pose is a rest if it has at least this share of the frames of the most common one."""
COMPARED = 200
"""Most frames of the window that poses are compared with."""


@dataclass(frozen=True)
class Activity:
    """How much moves in each of the last frames, and in which of them the signer rests."""

    movement: Array
    resting: NDArray[np.bool_]


class ActivityTracker:
    """Keeps the grids of the last ``window`` frames; around a cut of the film, ``rest`` of them count as a rest.

    A frame's change is measured once, when it is added; only what is usual is computed again from the window.
    """

    def __init__(self, window: int, rest: int) -> None:
        self.window = window
        self.around_cut = -(-rest // 2)
        self.grids = np.empty((0, CELLS * CELLS), np.float32)
        self.busiest, self.typical = np.empty(0, np.float32), np.empty(0, np.float32)

    def add(self, frames: Sequence[np.ndarray]) -> None:
        """Adds frames (H, W, 3) uint8."""
        if not len(frames):
            return
        new = np.stack([_grid(frame) for frame in frames])
        change = np.abs(np.diff(new, axis=0, prepend=self.grids[-1:] if len(self.grids) else new[:1]))
        self.grids = np.concatenate([self.grids, new])[-self.window :]
        self.busiest = np.append(self.busiest, _busiest(change))[-self.window :]
        self.typical = np.append(self.typical, np.median(change, axis=1))[-self.window :]

    def activity(self, last: int) -> Activity:
        """Activity in the ``last`` frames, relative to what is usual in the window."""
        movement = _movement(_from_the_first(self.busiest))
        still, moving = _shares(movement)
        resting = _resting(movement, _rest_pose(self.grids, movement <= still), still, moving)
        for t in _cuts(_from_the_first(self.typical)):
            resting[max(0, t - self.around_cut) : t + self.around_cut] = True
        return Activity(movement[-last:], resting[-last:])


def _grid(frame: np.ndarray) -> Array:
    """(H, W, 3) -> (C,), the mean of each cell."""
    height, width = (side // CELLS for side in frame.shape[:2])
    rows = frame[: CELLS * height, : CELLS * width].reshape(CELLS, height, -1).sum(1, dtype=np.float32)
    return rows.reshape(CELLS, CELLS, -1).sum(2).ravel() / np.float32(3 * height * width)


def _busiest(change: Array) -> Array:
    """Changes (T, C) -> (T,), the mean of the cells that change most."""
    most = round(BUSIEST * change.shape[1])
    return np.partition(change, -most, axis=1)[:, -most:].mean(1)


def _from_the_first(changes: Array) -> Array:
    """Changes within a window: its first frame has none."""
    return np.append(np.float32(0), changes[1:])


def _movement(busiest: Array) -> Array:
    """(T,) -> (T,); a change in a single frame between still ones comes from the camera, not the signer."""
    around = np.pad(busiest, 1, mode="edge")
    return np.sort([around[:-2], busiest, around[2:]], axis=0)[1]


def _cuts(typical: Array) -> NDArray[np.intp]:
    """The frames after a cut of the film, by their median change, which neither signing nor a shaking camera raises."""
    around = np.pad(typical, 1)
    return np.flatnonzero(typical > np.maximum(LEAST, CUT * np.maximum(around[:-2], around[2:])))


def _shares(movement: Array) -> tuple[float, float]:
    """Movement below which a rest begins, and above which it ends."""
    low, high = np.quantile(movement, [QUIET, BUSY])
    low = min(low, QUIETEST * high)
    still, moving = (max(LEAST, float(low + share * (high - low))) for share in (STILL, MOVING))
    return still, moving


def _resting(movement: Array, at_rest: NDArray[np.bool_], still: float, moving: float) -> NDArray[np.bool_]:
    """A rest begins with a still frame in a pose of rest, and lasts as long as the pose and little movement do."""
    begins, lasts = at_rest & (movement <= still), at_rest & (movement <= moving)
    index = np.arange(len(at_rest))
    begun, ended = (np.maximum.accumulate(np.where(mask, index, -1)) for mask in (begins, ~lasts))
    return begun > ended


def _rest_pose(grids: Array, still: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the frames (T, C) show a pose that is common among the still ones."""
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
