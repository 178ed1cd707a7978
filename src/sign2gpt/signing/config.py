"""A corpus of the procedural signer: how many sentences, by whom, how large. Its signs are invented."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sign2gpt.common.config import Config

Annotations = Literal["phoenix14t", "csl_daily"]


class SigningConfig(Config):
    annotations: Annotations | None = Field(
        default=None,
        description="sign the sentences of this corpus, in the tables of `synth --annotations`; the numbers of "
        "sentences are then upper limits [default: invented weather reports]",
    )
    seed: int = Field(default=0, description="seed for the choice of sentences and the variation of each clip")
    lexicon_seed: int = Field(default=0, description="seed for the signs: another seed gives another language")
    signer_seed: int = Field(default=0, description="seed for the signers' looks and manner")
    train: int = Field(default=2400, ge=1, le=10_000_000, description="sentences for training")
    dev: int = Field(default=200, ge=1, le=10_000_000, description="sentences for choosing checkpoints")
    test: int = Field(default=200, ge=1, le=10_000_000, description="sentences for final scores")
    test_unseen_signer: int = Field(
        default=100,
        ge=0,
        description="sentences by a signer who is in no other split; with `annotations`, test sentences signed again",
    )
    signers: int = Field(default=8, ge=1, le=100_000, description="number of signers of train, dev and test")
    size: int = Field(default=64, ge=32, le=1024, description="side of the square frames in pixels")
    frame_rate: float = Field(default=25.0, gt=0, le=120, description="frames per second")
    tempo: float = Field(
        default=1.0,
        gt=0.2,
        le=3,
        description="speed of signing; at 1 a gloss takes about 12 frames at 25 frames per second; sentences of a real "
        "corpus keep their own length if it is known",
    )
