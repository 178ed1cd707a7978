"""Cuts a long video into sentences while it is read, at rests and by length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.inference.captions.movement import Activity, ActivityTracker

WINDOW_S = 30.0
"""Seconds from which `movement` takes what is usual in a video."""
MARGIN_S = 0.12
"""Rest that is kept before and after a sentence, as in the clips that models are trained on."""


@dataclass(frozen=True)
class Segmentation:
    """A rest of ``rest_s`` seconds ends a sentence, which lasts from ``shortest_s`` to ``longest_s``.

    Shorter movement is left out; longer movement is cut in its second half, where least moves.

    Raises:
        UserError: the lengths do not fit together.
    """

    rest_s: float = 0.16
    shortest_s: float = 0.4
    longest_s: float = 10.0

    def __post_init__(self) -> None:
        if not (self.rest_s > 0 and self.shortest_s > 0 and self.longest_s >= 2 * max(self.rest_s, self.shortest_s)):
            raise UserError(
                f"cannot cut at rests of {self.rest_s:g} s into sentences of {self.shortest_s:g} to {self.longest_s:g} "
                "s: all must be over 0, and the longest sentence at least twice as long as the shortest and as the rest"
            )


@dataclass(frozen=True)
class Segment:
    """A sentence's frames (T, H, W, 3) uint8, from ``start_s`` to ``end_s`` seconds of the video."""

    start_s: float
    end_s: float
    frames: np.ndarray


def segments(frames: Iterable[np.ndarray], frame_rate: float, config: Segmentation) -> Iterator[Segment]:
    """Yields the sentences of frames (H, W, 3) uint8; keeps the frames of ``longest_s`` and a rest in memory."""
    rest, shortest, longest, margin = (
        max(1, round(seconds * frame_rate))
        for seconds in (config.rest_s, config.shortest_s, config.longest_s, MARGIN_S)
    )
    room = margin + longest + rest
    tracker = ActivityTracker(max(room, round(WINDOW_S * frame_rate)), rest)
    held, done, remaining = list[np.ndarray](), 0, iter(frames)
    while True:
        new = list(islice(remaining, room - len(held)))
        held += new
        tracker.add(new)
        if not held:
            return
        start, end, used = _first_sentence(tracker.activity(len(held)), rest, longest, margin, over=len(held) < room)
        if end - start >= shortest:
            start, end = max(0, start - margin), min(end + margin, used)
            yield Segment((done + start) / frame_rate, (done + end) / frame_rate, np.stack(held[start:end]))
        del held[:used]
        done += used


def _first_sentence(activity: Activity, rest: int, longest: int, margin: int, *, over: bool) -> tuple[int, int, int]:
    """Where the first sentence starts and ends, and how many frames are no longer needed.

    The sentence is empty if there is only rest, or so much rest before it that its end may lie in frames to come.
    """
    total, active = len(activity.resting), np.flatnonzero(~activity.resting)
    if not len(active):
        return 0, 0, total if over else total - margin
    start = int(active[0])
    if start > margin and not over:
        return 0, 0, start - margin
    nexts = np.append(active[1:], total + rest if over else total)
    ends = np.flatnonzero(nexts - active > rest)
    if not len(ends) or active[ends[0]] - start >= longest:
        half = start + longest // 2
        end = half + int(activity.movement[half : start + longest].argmin())
        return start, end, end
    end, until = int(active[ends[0]]) + 1, int(nexts[ends[0]])
    return start, end, total if until > total else end + min(margin, (until - end) // 2)
