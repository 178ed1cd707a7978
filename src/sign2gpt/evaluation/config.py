"""How scores are taken (docs: evaluation protocol)."""

from __future__ import annotations

from pydantic import Field

from sign2gpt.common.config import Config


class EvaluationConfig(Config):
    protocol: str = Field(default="plain", description="text protocol: phoenix14t, csl-daily, how2sign or plain")
    bootstrap: int = Field(default=1000, ge=0, le=1_000_000, description="resamples of the interval; 0: none")
    confidence: float = Field(default=0.95, gt=0, lt=1, description="mass of the interval")
    batch: int = Field(default=8, ge=1, description="clips decoded together; the result does not depend on it")
