"""Reads videos as a run's model sees them: at its frame rate and size, sampled and normalised."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch

from sign2gpt.common.errors import UserError
from sign2gpt.data.batch import SignSample
from sign2gpt.inference.sources import NAME, TAKEN, Video, positive, source_of
from sign2gpt.video.arrays import fit_frames
from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.decode import read_clip
from sign2gpt.video.sampling import sample_indices


class ReadClip(NamedTuple):
    """A clip as the model sees it.

    Attributes:
        duration_s: its length in seconds.
        start_s: time of its first frame on the player's clock.
        read_s: seconds that reading took.
    """

    sample: SignSample
    duration_s: float
    start_s: float
    read_s: float


@dataclass(frozen=True)
class ClipReader:
    """Reads videos of at most ``longest_s`` seconds.

    Attributes:
        frames: how clips are sampled and prepared.
        frame_rate: frames per second before sampling.
        size: side in pixels of the square frames before the model's crop.
    """

    frames: FramesConfig
    frame_rate: float
    size: int
    longest_s: float

    def read(self, video: Video, frame_rate: float | None = None) -> ReadClip:
        """Reads a video; ``frame_rate`` is that of frames given as an array.

        Raises:
            UserError: it cannot be read, or is longer than ``longest_s``.
        """
        started, source, rate = time.perf_counter(), source_of(video), self.rate(frame_rate)
        if isinstance(source, np.ndarray):
            fitted = self._fitted(source, rate)
            seen = fitted[sample_indices(len(fitted), self.frames, None)]
            name, duration_s, start_s = NAME, len(fitted) / self.frame_rate, 0.0
        else:
            every, longest_s = self.frames.stride, self.longest_s
            clip = read_clip(source, frame_rate=self.frame_rate, size=self.size, every=every, max_seconds=longest_s)
            name, seen, duration_s, start_s = str(source), clip.frames, clip.duration_s, clip.start_s
        sample = SignSample(id=name, text="", frames=prepare_frames(torch.as_tensor(seen), self.frames, None))
        return ReadClip(sample, duration_s, start_s, time.perf_counter() - started)

    def rate(self, frame_rate: float | None) -> float:
        """Frames per second of frames given as an array. [default: the run's]

        Raises:
            UserError: it is not a positive number.
        """
        return self.frame_rate if frame_rate is None else positive(frame_rate, "frame_rate", "frames per second")

    def _fitted(self, frames: np.ndarray, rate: float) -> np.ndarray:
        """Frames given as an array, ``rate`` per second, at the run's rate and size."""
        if frames.ndim == 3:
            raise UserError(f"frames must be (T, H, W, 3) uint8, got one frame {frames.shape}; {TAKEN}")
        if frames.ndim and len(frames) > self.longest_s * rate:
            raise UserError(
                f"{len(frames)} frames at {rate:g} per second are longer than {self.longest_s:g} s; cut them"
            )
        return fit_frames(frames, rate, self.frame_rate, self.size)


T = TypeVar("T")
CLIPS = 16
"""Most clips of a group; larger groups are no faster on a CPU."""
FRAMES = 1024
"""Most sampled frames of a group, unless a single clip has more: at 224 pixels they take 154 MB."""


def together(clips: Iterable[T], frames: Callable[[T], int], first: int = CLIPS) -> Iterator[list[T]]:
    """Yields neighbouring clips in groups, which depend on the clips alone.

    Args:
        frames: number of frames of a clip.
        first: most clips of the first group; each further one may hold twice as many, up to `CLIPS`.

    Raises:
        UserError: what ``clips`` raises, after the clips before it were yielded.
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
