"""Which frames of a clip the model gets, and their augmentation in training (MODEL.md 1)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sign2gpt.common.config import Config


class AugmentConfig(Config):
    """Random changes, the same for all frames of a clip; a probability of 0 turns one off."""

    rotation_degrees: float = Field(
        default=5.0, ge=0, le=180, description="largest rotation to either side, in degrees"
    )
    rotation_p: float = Field(default=0.3, ge=0, le=1, description="probability of a rotation")
    crop_area: tuple[float, float] = Field(
        default=(0.875, 1.0), description="smallest and largest share of the area that is kept"
    )
    crop_aspect: tuple[float, float] = Field(
        default=(0.9, 1.1), description="smallest and largest aspect ratio of the crop"
    )
    flip_p: float = Field(
        default=0.5, ge=0, le=1, description="probability of mirroring; use 0 if left and right differ in meaning"
    )
    jitter: float = Field(
        default=0.16, ge=0, le=1, description="strength of brightness, contrast and saturation changes"
    )
    jitter_hue: float = Field(default=0.04, ge=0, le=0.5, description="strength of hue changes")
    jitter_p: float = Field(default=0.3, ge=0, le=1, description="probability of changed colours")
    grey_p: float = Field(default=0.2, ge=0, le=1, description="probability of a grey clip")


class FramesConfig(Config):
    """From a clip at the frame rate of its corpus to the frames that the model gets."""

    size: int = Field(
        default=224,
        ge=8,
        le=1024,
        description="side of the model's input, in pixels; time and memory grow with its square",
    )
    stride: int = Field(
        default=2, ge=1, description="use every stride-th frame; 1 takes twice the time and memory of 2"
    )
    jitter: int = Field(
        default=4, ge=0, description="training: random start in 0..jitter-1 and end in N-jitter..N, in frames"
    )
    max_frames: int = Field(
        default=256, ge=1, description="training: most frames of a clip; of more, a random subset is used"
    )
    evaluation: Literal["crop", "resize"] = Field(
        default="crop",
        description="centre crop of the stored frame (as in the paper), or resize to `size` (as in its reference code)",
    )
    augment: AugmentConfig = AugmentConfig()
    augment_on: Literal["cpu", "gpu"] = Field(
        default="cpu",
        description="training: augment in the data workers, or on the GPU, which relieves the workers; the "
        "random changes are the same, pixel values may differ by 1",
    )
