"""Which clips each step of an epoch takes: each clip once, for any number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from random import Random

LEAST_STEPS = 4
"""Of a bucket: with fewer, the same clips would share a batch in every epoch."""


def steps_of(lengths: Sequence[int], batch: int, budget: int | None, random: Random | None) -> list[list[int]]:
    """The steps of an epoch: by a budget of frames if there is one and the order is random, else by clips."""
    if budget is not None and random is not None:
        return by_frames(lengths, budget, random)
    return by_clips(len(lengths), batch, random)


def by_clips(clips: int, batch: int, random: Random | None) -> list[list[int]]:
    """Steps of ``batch`` clips, in random order or in the given one; the last may have fewer."""
    order = list(range(clips))
    if random is not None:
        random.shuffle(order)
    return [order[first : first + batch] for first in range(0, clips, batch)]


def by_frames(lengths: Sequence[int], budget: int, random: Random) -> list[list[int]]:
    """Steps of clips of similar length with at most ``budget`` frames, or a single clip that has more.

    Clips are shuffled inside buckets of similar length, then the steps of all buckets are shuffled. The number of steps
    depends only on lengths and budget, so it is the same in every epoch.

    Args:
        lengths: frames of each clip, at least 1.
    """
    steps: list[list[int]] = []
    for room, clips in _buckets(lengths, budget):
        random.shuffle(clips)
        count = -(-len(clips) // room)
        steps += [clips[first::count] for first in range(count)]
    random.shuffle(steps)
    return steps


def _buckets(lengths: Sequence[int], budget: int) -> Iterator[tuple[int, list[int]]]:
    """How many clips fit into a step, and the clips of such a length; too small a bucket joins the next longer."""
    rooms = [max(1, budget // length) for length in lengths]
    by_room = sorted(range(len(lengths)), key=lambda clip: -rooms[clip])
    clips: list[int] = []
    for room, group in groupby(by_room, key=rooms.__getitem__):
        clips += group
        if len(clips) >= LEAST_STEPS * room or clips[-1] == by_room[-1]:
            yield room, clips
            clips = []


def share(step: Sequence[int], rank: int, world: int) -> list[int]:
    """The clips of a step for one of ``world`` processes; a process without one repeats a clip of another process."""
    return list(step[rank::world]) or [step[rank % len(step)]]
