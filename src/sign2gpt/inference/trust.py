"""Whether a clip is like those that a run was trained on, or its fluent sentence is a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sign2gpt.model.calibration import Calibration

WORDS = {
    "log_probability_low": "the model is less sure of its words than it is on clips like those of its training",
    "presence_low": "none of the pseudo-glosses that the model knows is clearly there",
    "video_share_low": "its words follow the video less than they do on clips like those of its training",
    "video_share_high": "the video pulls at its words more than it does on clips like those of its training",
}
"""In words, what it means that a signal lies on that side of its range."""


@dataclass(frozen=True)
class Reason:
    """One signal that lies outside of its range: ``key`` is a key of `WORDS`, and stays the same over versions."""

    key: str
    text: str
    value: float
    limit: float


@dataclass(frozen=True)
class Trust:
    """Whether all signals of a clip lie ``inside`` of the ranges that they have on clips like the training's.

    values: of every signal: ``log_probability`` a token, largest ``presence`` of a pseudo-gloss (where the run has a
        head), ``video_share`` of what the decoder's attention adds up to.
    """

    inside: bool
    reasons: list[Reason]
    values: dict[str, float]

    def told(self) -> str:
        """One line for people."""
        if self.inside:
            return "like the clips that the run was trained on"
        return f"not to be trusted: {'; '.join(reason.text for reason in self.reasons)}"


def judged(values: Mapping[str, float], calibration: Calibration) -> Trust:
    """Compares a clip's signals with their ranges; those without a range are told but not judged."""
    reasons: list[Reason] = []
    for name, limits in calibration.ranges.items():
        side = limits.side(values[name]) if name in values else None
        if side is not None:
            limit = limits.low if side == "low" else limits.high
            assert limit is not None
            key = f"{name}_{side}"
            reasons.append(Reason(key, WORDS[key], round(values[name], 4), limit))
    return Trust(not reasons, reasons, {name: round(value, 4) for name, value in values.items()})
