"""Changes of frames by torchvision: resizing, and in training rotation, crop, flip and colours."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from sign2gpt.video.config import AugmentConfig

_BILINEAR = InterpolationMode.BILINEAR


def resized(clip: Tensor, height: int, width: int) -> Tensor:
    """A clip (T, 3, H, W) with frames of another size."""
    return F.resize(clip, [height, width], _BILINEAR, antialias=True)


def augmented(clip: Tensor, size: int, config: AugmentConfig, generator: Random) -> Tensor:
    """A clip (T, 3, H, W) with the same random changes for all its frames: (T, 3, size, size)."""
    if generator.random() < config.rotation_p and config.rotation_degrees:
        degrees = generator.uniform(-config.rotation_degrees, config.rotation_degrees)
        clip = F.rotate(clip, degrees, _BILINEAR)
    top, left, height, width = _crop(clip.shape[-2], clip.shape[-1], config, generator)
    clip = clip[..., top : top + height, left : left + width]
    if clip.shape[-2:] != (size, size):
        clip = resized(clip, size, size)
    if generator.random() < config.flip_p:
        clip = F.horizontal_flip(clip)
    if generator.random() < config.jitter_p:
        for change in _colour_changes(config, generator):
            clip = change(clip)
    if generator.random() < config.grey_p:
        clip = F.rgb_to_grayscale(clip, num_output_channels=3)
    return clip


def _crop(height: int, width: int, config: AugmentConfig, generator: Random) -> tuple[int, int, int, int]:
    """Top, left, height and width of a part of random area and aspect; the whole frame if ten attempts do not fit."""
    lowest, highest = (math.log(aspect) for aspect in config.crop_aspect)
    for _ in range(10):
        area = height * width * generator.uniform(*config.crop_area)
        aspect = math.exp(generator.uniform(lowest, highest))
        h, w = round(math.sqrt(area / aspect)), round(math.sqrt(area * aspect))
        if 0 < h <= height and 0 < w <= width:
            return generator.randint(0, height - h), generator.randint(0, width - w), h, w
    return 0, 0, height, width


def _colour_changes(config: AugmentConfig, generator: Random) -> list[Callable[[Tensor], Tensor]]:
    """Brightness, contrast, saturation and hue, each by its own factor, in a random order."""
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
