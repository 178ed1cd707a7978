"""Which frames of a clip are seen, and how they are changed in training (MODEL.md 1)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sign2gpt.common.config import Config


class AugmentConfig(Config):
    """One draw per clip, the same for all its frames; a probability of 0 turns a part off."""

    rotation_degrees: float = Field(
        default=5.0, ge=0, le=180, description="largest rotation to either side, in degrees"
    )
    rotation_p: float = Field(default=0.3, ge=0, le=1, description="share of clips that are rotated")
    crop_area: tuple[float, float] = Field(
        default=(0.875, 1.0), description="smallest and largest share of the area kept"
    )
    crop_aspect: tuple[float, float] = Field(default=(0.9, 1.1), description="narrowest and widest aspect of the crop")
    flip_p: float = Field(default=0.5, ge=0, le=1, description="share mirrored; 0 where left and right carry meaning")
    jitter: float = Field(
        default=0.16, ge=0, le=1, description="strength of brightness, contrast and saturation changes"
    )
    jitter_hue: float = Field(default=0.04, ge=0, le=0.5, description="strength of hue changes")
    jitter_p: float = Field(default=0.3, ge=0, le=1, description="share of clips whose colours are changed")
    grey_p: float = Field(default=0.2, ge=0, le=1, description="share of clips shown in grey")


class FramesConfig(Config):
    """From a clip at its corpus' frame rate to the frames that the model sees."""

    size: int = Field(
        default=224, ge=8, le=1024, description="side of the model's input in pixels; cost grows with its square"
    )
    stride: int = Field(default=2, ge=1, description="every stride-th frame is used; 1 doubles time and memory")
    jitter: int = Field(
        default=4, ge=0, description="training: start drawn from 0..jitter-1, end from N-jitter..N, in frames"
    )
    max_frames: int = Field(
        default=256, ge=1, description="training: more frames than this are thinned at random, sorted"
    )
    evaluation: Literal["crop", "resize"] = Field(
        default="crop",
        description="centre crop of the stored frame (the paper), or resize to `size` (its reference code)",
    )
    augment: AugmentConfig = AugmentConfig()
    augment_on: Literal["cpu", "gpu"] = Field(
        default="cpu",
        description="training: clips are changed by the workers, or where they are computed with: spares workers, the "
        "same draws, values a level off",
    )
