"""Whether a clip is like those that a run was trained on, or its fluent sentence is a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sign2gpt.model.decoding.hypotheses import Hypothesis
from sign2gpt.model.runs.calibration import Calibration

SIGNALS = {
    "log_probability": "the model is less sure of its words than on clips like the training clips",
    "resemblance": "its signs match the known pseudo-glosses less closely than the training clips did",
    "video_share": "its words depend less on the video than on clips like the training clips",
}
"""What is measured of a clip, and what it means where that is less than usual.

``log_probability`` of the sentence, a token; ``resemblance``, the cosine of what is seen with the nearest pseudo-gloss,
where a run has a head; the clip's ``video_share`` of what the decoder's attention adds up to.
"""

UNCALIBRATED = (
    "This run is not calibrated, so it cannot warn you when a translation is a guess; run `sign2gpt calibrate`."
)
FAR = 0.5
"""How far below dev's lowest log-probability an id, at least, what is surely a guess lies."""


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

    A run that was not ``calibrated`` cannot say so: ``inside`` is None, or False where its log-probability is so low
    that the sentence is a guess in any case. ``reasons`` are why it is False. ``values`` are those of all signals that
    were measured: all that the run has, and the log-probability alone where it was not calibrated.
    """

    inside: bool | None
    reasons: list[Reason]
    values: dict[str, float]
    calibrated: bool = True

    @property
    def doubt(self) -> bool:
        """Whether there is a reason not to rely on the sentence."""
        return self.inside is False

    def describe(self) -> str:
        """One line for people."""
        if self.inside is None:
            return UNCALIBRATED
        if self.inside:
            return "similar to the training clips"
        reasons = "; ".join(reason.text for reason in self.reasons)
        return f"Low confidence: differs from the training data ({reasons})"


def sureness(best: Hypothesis) -> dict[str, float]:
    """The signal that costs nothing and needs no calibration to be measured."""
    tokens = len(best.ids) + 1  # the end is one
    return {"log_probability": round(best.log_probability / tokens, 5)}


def judged(values: Mapping[str, float], calibration: Calibration, *, calibrated: bool = True) -> Trust:
    """Compares a clip's signals with what is usual; one that was not calibrated is told but not judged.

    Args:
        calibrated: whether ``calibration`` was measured, and is no `crude_bound`.
    """
    reasons = [
        Reason(key, text, values[key], calibration.least[key])
        for key, text in SIGNALS.items()
        if key in values and key in calibration.least and values[key] < calibration.least[key]
    ]
    inside = False if reasons else True if calibrated else None
    return Trust(inside, reasons, dict(values), calibrated)


def crude_bound(info: Mapping[str, Any]) -> Calibration:
    """What serves a run that was not calibrated: a log-probability far below the lowest that training saw on dev.

    Args:
        info: what ``run.json`` tells; without that figure, as in older runs, there is no bound.
    """
    match info.get("dev"):
        case {"lowest_log_probability": int() | float() as lowest}:
            least = {"log_probability": min(2 * lowest, lowest - FAR)}
        case _:
            least = {}
    return Calibration(least, split="dev", clips=0, false_alarms=0.0)
