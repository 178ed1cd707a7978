"""What is usual on clips like those that a run was trained on: `trust.json` of its folder holds it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Calibration:
    """The ``least`` that each signal usually has (`inference.trust` knows the signals); below it lies something else.

    Measured on so many ``clips`` of a ``split``, of which a share of ``false_alarms`` lies below in at least one.
    """

    least: dict[str, float]
    split: str
    clips: int
    false_alarms: float
