"""How scores are computed (docs: evaluation)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from sign2gpt.common.config import Config

if TYPE_CHECKING:
    from sign2gpt.metrics.scores import ScoreCard


class EvaluationConfig(Config):
    protocol: str = Field(default="plain", description="text protocol: phoenix14t, csl-daily, how2sign or plain")
    bootstrap: int = Field(default=1000, ge=0, le=1_000_000, description="resamples for the intervals; 0 omits them")
    confidence: float = Field(default=0.95, gt=0, lt=1, description="confidence level of the intervals")
    batch: int = Field(default=8, ge=1, description="clips decoded together; does not change the result")

    def score(self, hypotheses: Sequence[str], references: Sequence[str], seed: int) -> ScoreCard:
        """Scores with these settings."""
        from sign2gpt.metrics.scores import score

        return score(
            hypotheses,
            references,
            self.protocol,
            bootstrap=self.bootstrap,
            seed=seed,
            confidence=self.confidence,
        )
