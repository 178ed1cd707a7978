"""What training and evaluation read: a clip, and several clips packed one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig

NO_FRAMES = torch.empty(0, 3, 0, 0, dtype=torch.uint8)
"""Of a sample that has features instead."""


@dataclass(frozen=True)
class Draw:
    """What is still to be done to a clip's frames: `prepare_frames` with this seed."""

    seed: int
    config: FramesConfig


@dataclass(frozen=True)
class SignSample:
    """A clip as the model sees it.

    Attributes:
        frames: (T*, 3, H, W) uint8.
        features: (T, C) float instead of frames, where the visual part is frozen; frames are then empty.
        draw: the frames are as they were stored, and to be changed by this where they are computed with.
    """

    id: str
    text: str
    frames: Tensor
    features: Tensor | None = None
    draw: Draw | None = None


@dataclass(frozen=True)
class SignBatch:
    """B clips, packed: nothing is padded.

    Attributes:
        ids: of the B clips.
        texts: reference sentences, raw.
        frames: (sum T*, 3, H, W) uint8, clip behind clip.
        lengths: (B,) int64 on the CPU: frames of each clip, or features where there are ``features``.
        features: (sum T, C) float instead of frames (Sign(Z)); frames are then empty.
        again: another process has these clips, and they count there.
        draws: of the B clips, where their frames are still as they were stored; else empty.
    """

    ids: list[str]
    texts: list[str]
    frames: Tensor
    lengths: Tensor
    features: Tensor | None = None
    again: bool = False
    draws: Sequence[Draw] = ()

    def to(self, device: torch.device | str) -> SignBatch:
        """The same batch with frames, changed as they were to be, and features on ``device``; lengths stay behind."""
        features = None if self.features is None else self.features.to(device, non_blocking=True)
        frames = self.frames.to(device, non_blocking=True)
        if self.draws:
            clips = zip(frames.split(self.lengths.tolist()), self.draws, strict=True)
            frames = torch.cat(
                [prepare_frames(clip.permute(0, 2, 3, 1), draw.config, draw.seed) for clip, draw in clips]
            )
        return replace(self, frames=frames, features=features, draws=())

    def pin_memory(self) -> SignBatch:
        """The same batch in memory that a GPU copies from by itself, while this process goes on."""
        features = None if self.features is None else self.features.pin_memory()
        return replace(self, frames=self.frames.pin_memory(), features=features)


def collate(samples: Sequence[SignSample]) -> SignBatch:
    """Packs clips into a batch; all have frames of one size, or all have features of one width."""
    packed = [sample.frames if sample.features is None else sample.features for sample in samples]
    features = [sample.features for sample in samples if sample.features is not None]
    assert len(features) in (0, len(samples)), "a batch holds frames or features, not both"
    return SignBatch(
        ids=[sample.id for sample in samples],
        texts=[sample.text for sample in samples],
        frames=torch.cat([sample.frames for sample in samples]),
        lengths=torch.tensor([len(values) for values in packed], dtype=torch.int64),
        features=torch.cat(features) if features else None,
        draws=[sample.draw for sample in samples if sample.draw is not None],
    )
