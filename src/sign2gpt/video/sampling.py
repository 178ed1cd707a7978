"""Which frames of a clip the model gets (MODEL.md 1)."""

from __future__ import annotations

from sign2gpt.common.seeds import draw
from sign2gpt.video.config import FramesConfig


def most_frames(num_frames: int, config: FramesConfig) -> int:
    """Most frames that training uses of a clip; a sample has up to ``jitter / stride`` fewer at each end."""
    return min(-(-num_frames // config.stride), config.max_frames)


def sample_indices(num_frames: int, config: FramesConfig, seed: int | None) -> list[int]:
    """Indices, ascending and never empty, of the frames that are used.

    Training takes every ``stride``-th frame from a random start in 0..jitter-1 to a random end (exclusive) in
    N-jitter..N, and a random subset of more than ``max_frames``; a clip too short for this is used from 0 to N.
    Evaluation takes every ``stride``-th frame of the whole clip, however long.

    Args:
        num_frames: N, the frames of the clip, at least 1.
        seed: for the sample, `seeds.derive(seed, id, epoch)`; None for evaluation.
    """
    assert num_frames >= 1, "a clip has at least one frame"
    if seed is None:
        return list(range(0, num_frames, config.stride))
    generator = draw(seed, "sampling")
    start, end = 0, num_frames
    if config.jitter and num_frames >= 2 * config.jitter:
        start = generator.randrange(config.jitter)
        end = generator.randint(num_frames - config.jitter, num_frames)
    indices = range(start, end, config.stride)
    if len(indices) > config.max_frames:
        return sorted(generator.sample(indices, config.max_frames))
    return list(indices)
