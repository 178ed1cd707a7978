"""How a clip is changed in training and brought to the model's size (MODEL.md 1): one draw for all its frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import torch
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from sign2gpt.common.seeds import draw
from sign2gpt.video.config import AugmentConfig, FramesConfig

AT_ONCE = 1 << 20
"""Bytes of frames that are augmented at a time: what stays in a processor's cache is changed twice as fast."""
LEAST_CROP = 224 / 256
"""Smallest share of a frame's side that the evaluation's centre crop keeps: the paper's 224 of 256 pixels."""

_BILINEAR = InterpolationMode.BILINEAR


def prepare_frames(frames: Tensor, config: FramesConfig, seed: int | None) -> Tensor:
    """Brings a clip's frames to the model's size.

    Evaluation (``config.evaluation = "crop"``) cuts the middle ``size`` x ``size``; frames so large that this would
    keep less than `LEAST_CROP` of a side are made smaller first, frames smaller than ``size`` larger.

    Args:
        frames: (T, H, W, 3) uint8.
        seed: of the clip's draw; none for evaluation.

    Returns:
        (T, 3, size, size) uint8, contiguous.
    """
    clip = frames.permute(0, 3, 1, 2)
    if seed is not None:
        parts = clip.split(max(1, AT_ONCE // clip[0].numel()))
        parts = [_augmented(part, config.size, config.augment, draw(seed, "augment")) for part in parts]
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
    return F.center_crop(clip, [size, size])


def _resized(clip: Tensor, height: int, width: int) -> Tensor:
    same = clip.shape[-2:] == (height, width)
    return clip if same else F.resize(clip, [height, width], _BILINEAR, antialias=True)


def _augmented(clip: Tensor, size: int, config: AugmentConfig, generator: Random) -> Tensor:
    if generator.random() < config.rotation_p and config.rotation_degrees:
        degrees = generator.uniform(-config.rotation_degrees, config.rotation_degrees)
        clip = F.rotate(clip, degrees, _BILINEAR)
    top, left, height, width = _crop(clip.shape[-2], clip.shape[-1], config, generator)
    clip = _resized(clip[..., top : top + height, left : left + width], size, size)
    if generator.random() < config.flip_p:
        clip = F.horizontal_flip(clip)
    if generator.random() < config.jitter_p:
        for change in _colour_changes(config, generator):
            clip = change(clip)
    if generator.random() < config.grey_p:
        clip = F.rgb_to_grayscale(clip, num_output_channels=3)
    return clip


def _crop(height: int, width: int, config: AugmentConfig, generator: Random) -> tuple[int, int, int, int]:
    """Top, left, height and width of a part with drawn area and aspect; the whole frame where ten draws do not fit."""
    lowest, highest = (math.log(aspect) for aspect in config.crop_aspect)
    for _ in range(10):
        area = height * width * generator.uniform(*config.crop_area)
        aspect = math.exp(generator.uniform(lowest, highest))
        h, w = round(math.sqrt(area / aspect)), round(math.sqrt(area * aspect))
        if 0 < h <= height and 0 < w <= width:
            return generator.randint(0, height - h), generator.randint(0, width - w), h, w
    return 0, 0, height, width


def _colour_changes(config: AugmentConfig, generator: Random) -> list[Callable[[Tensor], Tensor]]:
    """Brightness, contrast, saturation and hue, each by its own factor, in a drawn order."""
    low, high = 1 - config.jitter, 1 + config.jitter
    brightness, contrast, saturation = (generator.uniform(low, high) for _ in range(3))
    hue = generator.uniform(-config.jitter_hue, config.jitter_hue)
    changes: list[Callable[[Tensor], Tensor]] = []
    if config.jitter:
        changes += [
            lambda clip: F.adjust_brightness(clip, brightness),
            lambda clip: F.adjust_contrast(clip, contrast),
            lambda clip: F.adjust_saturation(clip, saturation),
        ]
    if config.jitter_hue:
        changes.append(lambda clip: F.adjust_hue(clip, hue))
    generator.shuffle(changes)
    return changes
