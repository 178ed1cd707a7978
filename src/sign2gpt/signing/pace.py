"""How fast a sentence is signed: at a speed of the signer's own, or so that it takes a given time."""

from __future__ import annotations

from dataclasses import dataclass

SLOWEST, QUICKEST = 0.7, 2.2
LONGEST_PAUSE_S = 0.5


@dataclass(frozen=True)
class Pace:
    """``speed`` is a factor on all movement; ``pause_s`` is how much longer each sign is held before the next."""

    speed: float
    pause_s: float = 0.0

    def seconds(self, natural_s: float, signs: int) -> float:
        """How long signs take that take ``natural_s`` at speed 1."""
        return natural_s / self.speed + signs * self.pause_s


def fitted(natural_s: float, signs: int, seconds: float) -> Pace:
    """The pace at which signs that take ``natural_s`` at speed 1 take ``seconds``, or the nearest that looks natural.

    Who has time to spare moves a little more slowly and then holds each sign, rather than move as under water.
    """
    speed = min(max(natural_s / seconds, SLOWEST), QUICKEST)
    spare = (seconds - Pace(speed).seconds(natural_s, signs)) / signs
    return Pace(speed, min(max(spare, 0.0), LONGEST_PAUSE_S))
