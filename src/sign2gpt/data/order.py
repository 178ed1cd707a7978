"""Which clips each step of an epoch takes: all processes together, each clip once, however many processes there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from random import Random

LEAST = 4
"""Steps of a bucket: with fewer, the same clips would meet again in every epoch."""


def steps_of(lengths: Sequence[int], batch: int, budget: int | None, random: Random | None) -> list[list[int]]:
    """The steps of an epoch: by a budget of frames where there is one and the order is drawn, else by clips."""
    if budget is not None and random is not None:
        return by_frames(lengths, budget, random)
    return by_clips(len(lengths), batch, random)


def by_clips(clips: int, batch: int, random: Random | None) -> list[list[int]]:
    """Steps of ``batch`` clips, in a drawn order or as they come; the last may have fewer."""
    order = list(range(clips))
    if random is not None:
        random.shuffle(order)
    return [order[first : first + batch] for first in range(0, clips, batch)]


def by_frames(lengths: Sequence[int], budget: int, random: Random) -> list[list[int]]:
    """Steps of clips of like length that hold at most ``budget`` frames, or a single clip that has more.

    Clips are mixed inside buckets of like length, then the steps of all buckets among each other. How many steps there
    are depends on lengths and budget alone, so every epoch has as many.

    Args:
        lengths: frames of each clip, at least 1.
    """
    steps: list[list[int]] = []
    for room, clips in _buckets(lengths, budget):
        random.shuffle(clips)
        count = -(-len(clips) // room)
        steps += [clips[place::count] for place in range(count)]
    random.shuffle(steps)
    return steps


def _buckets(lengths: Sequence[int], budget: int) -> Iterator[tuple[int, list[int]]]:
    """How many clips a step has room for, and the clips of such a length; too few of them join those next longer."""
    rooms = [max(1, budget // length) for length in lengths]
    by_room = sorted(range(len(lengths)), key=lambda clip: -rooms[clip])
    clips: list[int] = []
    for room, group in groupby(by_room, key=rooms.__getitem__):
        clips += group
        if len(clips) >= LEAST * room or clips[-1] == by_room[-1]:
            yield room, clips
            clips = []


def share(step: Sequence[int], rank: int, world: int) -> list[int]:
    """What one of ``world`` processes takes of a step; one that would go without has a clip of another's again."""
    return list(step[rank::world]) or [step[rank % len(step)]]
