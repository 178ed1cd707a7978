"""Whether a clip is like those that a run was trained on, or its fluent sentence is a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sign2gpt.model.calibration import Calibration

SIGNALS = {
    "log_probability": "the model is less sure of its words than on clips like those of its training",
    "resemblance": "its signs resemble the pseudo-glosses that the model knows less than those of its training do",
    "video_share": "its words follow the video less than on clips like those of its training",
}
"""What is measured of a clip, and what it means where that is less than usual.

``log_probability`` of the sentence, a token; ``resemblance``, the cosine of what is seen with the nearest pseudo-gloss,
where a run has a head; the clip's ``video_share`` of what the decoder's attention adds up to.
"""


@dataclass(frozen=True)
class Reason:
    """A signal's ``value`` below its ``limit``; ``key`` is one of `SIGNALS` and stays the same over versions."""

    key: str
    text: str
    value: float
    limit: float


@dataclass(frozen=True)
class Trust:
    """Whether a clip lies ``inside`` of what its run was trained on: no signal is less than usual.

    ``values`` are those of all signals that the run has.
    """

    inside: bool
    reasons: list[Reason]
    values: dict[str, float]

    def told(self) -> str:
        """One line for people."""
        if self.inside:
            return "like the clips that the run was trained on"
        reasons = "; ".join(reason.text for reason in self.reasons)
        return f"not to be trusted, unlike what the run was trained on: {reasons}"


def judged(values: Mapping[str, float], calibration: Calibration) -> Trust:
    """Compares a clip's signals with what is usual; one that was not calibrated is told but not judged."""
    reasons = [
        Reason(key, text, values[key], calibration.least[key])
        for key, text in SIGNALS.items()
        if key in values and key in calibration.least and values[key] < calibration.least[key]
    ]
    return Trust(not reasons, reasons, dict(values))
