"""Frames of the model's size: augmented in training, with the same change for all frames of a clip (MODEL.md 1)."""

from __future__ import annotations

import torch
from torch import Tensor

from sign2gpt.common.seeds import draw
from sign2gpt.video.config import FramesConfig

AT_ONCE = 1 << 20
"""Bytes of frames that a CPU augments at a time; within its cache this takes half the time."""
LEAST_CROP = 224 / 256
"""Smallest share of a frame's side that the evaluation's centre crop keeps: the paper's 224 of 256 pixels."""


def prepare_frames(frames: Tensor, config: FramesConfig, seed: int | None) -> Tensor:
    """Brings a clip's frames to the model's size.

    Evaluation (``config.evaluation = "crop"``) cuts the middle ``size`` x ``size``; frames so large that this would
    keep less than `LEAST_CROP` of a side are scaled down first, frames smaller than ``size`` scaled up.

    Args:
        frames: (T, H, W, 3) uint8.
        seed: for the augmentation of the clip; None for evaluation.

    Returns:
        (T, 3, size, size) uint8, contiguous.
    """
    clip = frames.permute(0, 3, 1, 2)
    if seed is not None:
        from sign2gpt.video.changes import augmented

        parts = clip.split(max(1, AT_ONCE // clip[0].numel())) if clip.device.type == "cpu" else [clip]
        parts = [augmented(part, config.size, config.augment, draw(seed, "augment")) for part in parts]
        clip = torch.cat(parts) if len(parts) > 1 else parts[0]
    elif config.evaluation == "resize":
        clip = _resized(clip, config.size, config.size)
    else:
        clip = _centre(clip, config.size)
    return clip.contiguous()


def _centre(clip: Tensor, size: int) -> Tensor:
    height, width = clip.shape[-2:]
    largest = round(size / LEAST_CROP)
    short = min(max(min(height, width), size), largest)
    scale = short / min(height, width)
    clip = _resized(clip, round(height * scale), round(width * scale))
    top, left = (round((side - size) / 2) for side in clip.shape[-2:])
    return clip[..., top : top + size, left : left + size]


def _resized(clip: Tensor, height: int, width: int) -> Tensor:
    if clip.shape[-2:] == (height, width):
        return clip
    from sign2gpt.video.changes import resized  # importing torchvision takes longer than translating a clip

    return resized(clip, height, width)
