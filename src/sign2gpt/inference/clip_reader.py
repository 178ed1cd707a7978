"""Videos as a run's model sees them: at its rate and size, sampled and normalised."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

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
        start_s: when its first frame is shown, on the player's clock.
        read_s: how long it took to read.
    """

    sample: SignSample
    duration_s: float
    start_s: float
    read_s: float


@dataclass(frozen=True)
class ClipReader:
    """Reads videos of at most ``longest_s`` seconds.

    Attributes:
        frames: how they are sampled and prepared.
        frame_rate: frames per second that they are brought to before they are sampled.
        size: side in pixels of the squares that they are brought to before the model's crop.
    """

    frames: FramesConfig
    frame_rate: float
    size: int
    longest_s: float

    def read(self, video: Video, frame_rate: float | None = None) -> ReadClip:
        """A video; ``frame_rate`` is that of frames given as an array.

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
        """Frames per second of a program's own frames. [default: the run's]

        Raises:
            UserError: it is no positive number.
        """
        return self.frame_rate if frame_rate is None else positive(frame_rate, "frame_rate", "frames a second")

    def _fitted(self, frames: np.ndarray, rate: float) -> np.ndarray:
        """A program's own frames, ``rate`` a second, at the run's rate and size."""
        if frames.ndim == 3:
            raise UserError(f"frames must be (T, H, W, 3) uint8, got one frame {frames.shape}; {TAKEN}")
        if frames.ndim and len(frames) > self.longest_s * rate:
            raise UserError(f"{len(frames)} frames at {rate:g} a second are longer than {self.longest_s:g} s; cut them")
        return fit_frames(frames, rate, self.frame_rate, self.size)
