"""Long video into sentences while it is read: by rest, and by length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.inference.movement import Look, Watcher

WINDOW_S = 30.0
"""Seconds that tell what is usual in a video; `movement` knows what for."""
MARGIN_S = 0.12
"""Rest that stays before and after a sentence, as in the clips that models are trained on."""


@dataclass(frozen=True)
class Segmentation:
    """How long, in seconds: ``rest_s`` ends a sentence, which lasts from ``shortest_s`` to ``longest_s``.

    Movement that is shorter is no sentence and is left out; what is longer is cut in its second half where least moves.

    Raises:
        UserError: the lengths do not fit each other.
    """

    rest_s: float = 0.16
    shortest_s: float = 0.4
    longest_s: float = 10.0

    def __post_init__(self) -> None:
        if not (self.rest_s > 0 and self.shortest_s > 0 and self.longest_s >= 2 * max(self.rest_s, self.shortest_s)):
            raise UserError(
                f"cannot cut by a rest of {self.rest_s:g} s into {self.shortest_s:g} to {self.longest_s:g} s: all must "
                "be over 0, and the longest sentence at least twice as long as the shortest and as the rest"
            )


@dataclass(frozen=True)
class Segment:
    """A sentence's frames (T, H, W, 3) uint8, from ``start_s`` to ``end_s`` seconds of the video."""

    start_s: float
    end_s: float
    frames: np.ndarray


def segments(frames: Iterable[np.ndarray], frame_rate: float, config: Segmentation) -> Iterator[Segment]:
    """Yields the sentences of frames (H, W, 3) uint8 that come one by one; holds those of ``longest_s`` and a rest."""
    rest, shortest, longest, margin = (
        max(1, round(seconds * frame_rate))
        for seconds in (config.rest_s, config.shortest_s, config.longest_s, MARGIN_S)
    )
    room = margin + longest + rest
    watcher = Watcher(max(room, round(WINDOW_S * frame_rate)), rest)
    held, gone, coming = list[np.ndarray](), 0, iter(frames)
    while True:
        new = list(islice(coming, room - len(held)))
        held += new
        watcher.add(new)
        if not held:
            return
        start, end, used = _first_sentence(watcher.look(len(held)), rest, longest, margin, over=len(held) < room)
        if end - start >= shortest:
            start, end = max(0, start - margin), min(end + margin, used)
            yield Segment((gone + start) / frame_rate, (gone + end) / frame_rate, np.stack(held[start:end]))
        del held[:used]
        gone += used


def _first_sentence(look: Look, rest: int, longest: int, margin: int, *, over: bool) -> tuple[int, int, int]:
    """Where the first sentence of the frames starts and ends, and how many of them are done with.

    An empty sentence: there is only rest, or so much before it that its end is better looked for in frames to come.
    """
    total, active = len(look.resting), np.flatnonzero(~look.resting)
    if not len(active):
        return 0, 0, total if over else total - margin
    start = int(active[0])
    if start > margin and not over:
        return 0, 0, start - margin
    going_on = np.append(active[1:], total + rest if over else total)
    ends = np.flatnonzero(going_on - active > rest)
    if not len(ends) or active[ends[0]] - start >= longest:
        half = start + longest // 2
        end = half + int(look.movement[half : start + longest].argmin())
        return start, end, end
    end, until = int(active[ends[0]]) + 1, int(going_on[ends[0]])
    return start, end, total if until > total else end + min(margin, (until - end) // 2)
