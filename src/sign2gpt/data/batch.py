"""What training and evaluation read: a clip, and several clips packed one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig

NO_FRAMES = torch.empty(0, 3, 0, 0, dtype=torch.uint8)
"""The frames of a sample that has features instead."""


@dataclass(frozen=True)
class PendingAugmentation:
    """What is still to be done to a clip's frames: `prepare_frames` with this seed."""

    seed: int
    config: FramesConfig


@dataclass(frozen=True)
class SignSample:
    """A clip as the model sees it.

    Attributes:
        frames: (T*, 3, H, W) uint8.
        features: (T, C) float instead of frames, if the visual part is frozen; frames are then empty.
        pending: if set, frames are as stored, and `SignBatch.to` augments them on the device.
    """

    id: str
    text: str
    frames: Tensor
    features: Tensor | None = None
    pending: PendingAugmentation | None = None


@dataclass(frozen=True)
class SignBatch:
    """B clips, packed: nothing is padded.

    Attributes:
        ids: of the B clips.
        texts: reference sentences, unchanged.
        frames: (sum T*, 3, H, W) uint8, clip after clip.
        lengths: (B,) int64 on the CPU: frames of each clip, or its ``features`` if there are any.
        features: (sum T, C) float instead of frames (Sign(Z)); frames are then empty.
        again: another process has these clips too, and counts them.
        pending: of the B clips, if their frames are as stored; else empty.
    """

    ids: list[str]
    texts: list[str]
    frames: Tensor
    lengths: Tensor
    features: Tensor | None = None
    again: bool = False
    pending: Sequence[PendingAugmentation] = ()

    def to(self, device: torch.device | str) -> SignBatch:
        """The same batch with features and augmented frames on ``device``; lengths stay on the CPU."""
        features = None if self.features is None else self.features.to(device, non_blocking=True)
        frames = self.frames.to(device, non_blocking=True)
        if self.pending:
            clips = zip(frames.split(self.lengths.tolist()), self.pending, strict=True)
            frames = torch.cat(
                [prepare_frames(clip.permute(0, 2, 3, 1), todo.config, todo.seed) for clip, todo in clips]
            )
        return replace(self, frames=frames, features=features, pending=())

    def pin_memory(self) -> SignBatch:
        """The same batch in page-locked memory, from which a GPU copies while this process continues."""
        features = None if self.features is None else self.features.pin_memory()
        return replace(self, frames=self.frames.pin_memory(), features=features)


def collate(samples: Sequence[SignSample]) -> SignBatch:
    """Packs clips into a batch; all must have frames of one size, or all must have features of one width."""
    packed = [sample.frames if sample.features is None else sample.features for sample in samples]
    features = [sample.features for sample in samples if sample.features is not None]
    assert len(features) in (0, len(samples)), "a batch holds frames or features, not both"
    return SignBatch(
        ids=[sample.id for sample in samples],
        texts=[sample.text for sample in samples],
        frames=torch.cat([sample.frames for sample in samples]),
        lengths=torch.tensor([len(values) for values in packed], dtype=torch.int64),
        features=torch.cat(features) if features else None,
        pending=[sample.pending for sample in samples if sample.pending is not None],
    )
