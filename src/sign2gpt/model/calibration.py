"""What a run's signals of a clip are like on the clips that it was chosen by: `trust.json` of its folder holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """What is usual; None: any value to that side."""

    low: float | None
    high: float | None

    def side(self, value: float) -> str | None:
        """``low`` or ``high`` where a value lies outside, None within."""
        if self.low is not None and value < self.low:
            return "low"
        return "high" if self.high is not None and value > self.high else None


@dataclass(frozen=True)
class Calibration:
    """The usual range of each signal; ``false_alarms`` is the share of those ``clips`` that lies outside of one."""

    ranges: dict[str, Range]
    split: str
    clips: int
    false_alarms: float
