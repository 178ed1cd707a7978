"""A corpus of the procedural signer: how many sentences, by whom, how large. Its signs are invented."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sign2gpt.common.config import Config

Annotations = Literal["phoenix14t", "csl_daily"]


class SigningConfig(Config):
    annotations: Annotations | None = Field(
        default=None,
        description="sign the sentences of this corpus, whose tables `synth --annotations` names; none: invented "
        "weather reports. The numbers of sentences are then at most: a split that has fewer is signed whole",
    )
    seed: int = Field(default=0, description="draws the sentences and each clip's variation")
    lexicon_seed: int = Field(default=0, description="draws the signs: another seed is another language")
    signer_seed: int = Field(default=0, description="draws the signers' looks and manners")
    train: int = Field(default=2400, ge=1, le=10_000_000, description="sentences for training")
    dev: int = Field(default=200, ge=1, le=10_000_000, description="sentences for choosing")
    test: int = Field(default=200, ge=1, le=10_000_000, description="sentences for reporting")
    test_unseen_signer: int = Field(
        default=100,
        ge=0,
        description="sentences by a signer who is in no other split; of a real corpus test sentences once more",
    )
    signers: int = Field(default=8, ge=1, le=100_000, description="signers of train, dev and test")
    size: int = Field(default=64, ge=32, le=1024, description="side of the square frames in pixels")
    frame_rate: float = Field(default=25.0, gt=0, le=120, description="frames a second")
    tempo: float = Field(
        default=1.0,
        gt=0.2,
        le=3,
        description="speed of signing; at 1 a gloss takes about 12 frames of 25 fps; real sentences "
        "keep their own length where it is known",
    )
