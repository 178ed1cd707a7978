"""Which clips pass a model together: several share the cost of each step, and frames bound the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from sign2gpt.common.errors import UserError

T = TypeVar("T")
CLIPS = 16
"""Most clips of a group; with more of them a CPU is no faster."""
FRAMES = 1024
"""Most sampled frames of a group, except of a single clip that has more: at 224 pixels they take 154 MB."""


def together(clips: Iterable[T], frames: Callable[[T], int], first: int = CLIPS) -> Iterator[list[T]]:
    """Yields neighbouring clips in groups, which depend on the clips alone.

    Args:
        frames: of a clip.
        first: most clips of the first group; each further one may hold twice as many, up to `CLIPS`.

    Raises:
        UserError: what ``clips`` raises, after the group that was begun before it.
    """
    group, room = list[T](), first
    try:
        for clip in clips:
            if group and (len(group) == room or sum(map(frames, [*group, clip])) > FRAMES):
                yield group
                group, room = [], min(2 * room, CLIPS)
            group.append(clip)
    except UserError:
        if group:
            yield group
        raise
    if group:
        yield group
