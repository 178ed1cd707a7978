"""The components of a sign: hand shape, place, orientation, path, hands and face.

Places and directions are in a hand's own space: x runs from the signer's midline, negative on the hand's own side;
y runs down and z towards the viewer. The unit is the side of the frame; (0, 0) is the middle of its upper edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Handshape:
    """Flexion of thumb, index, middle, ring and little finger (0 stretched, 1 closed) and their spread.

    ``knuckles`` bends the four fingers at their base independently of the outer joints (a claw, a bent flat hand).
    """

    fingers: tuple[float, float, float, float, float]
    spread: float = 0.0
    knuckles: float | None = None

    def vector(self) -> list[float]:
        """The five base flexions, the five outer flexions and the spread, for interpolation between shapes."""
        thumb, *others = self.fingers
        base = others if self.knuckles is None else [self.knuckles] * 4
        return [thumb, *base, thumb, *others, self.spread]


HANDSHAPES: dict[str, Handshape] = {
    "fist": Handshape((0.85, 1.0, 1.0, 1.0, 1.0)),
    "thumb": Handshape((0.0, 1.0, 1.0, 1.0, 1.0)),
    "index": Handshape((0.9, 0.0, 1.0, 1.0, 1.0)),
    "gun": Handshape((0.0, 0.0, 1.0, 1.0, 1.0)),
    "two": Handshape((0.9, 0.0, 0.0, 1.0, 1.0)),
    "vee": Handshape((0.9, 0.0, 0.0, 1.0, 1.0), spread=1.0),
    "thumb-two": Handshape((0.0, 0.0, 0.0, 1.0, 1.0), spread=0.8),
    "three": Handshape((0.95, 0.0, 0.0, 0.0, 1.0), spread=0.8),
    "four": Handshape((1.0, 0.0, 0.0, 0.0, 0.0), spread=0.9),
    "five": Handshape((0.0, 0.0, 0.0, 0.0, 0.0), spread=1.1),
    "flat": Handshape((0.45, 0.0, 0.0, 0.0, 0.0)),
    "flat-thumb": Handshape((0.0, 0.0, 0.0, 0.0, 0.0)),
    "bent": Handshape((0.45, 0.0, 0.0, 0.0, 0.0), knuckles=0.9),
    "claw": Handshape((0.3, 0.6, 0.6, 0.6, 0.6), spread=1.0, knuckles=0.15),
    "cup": Handshape((0.5, 0.4, 0.4, 0.4, 0.4), knuckles=0.35),
    "ring": Handshape((0.62, 0.55, 0.55, 0.55, 0.55), knuckles=0.6),
    "okay": Handshape((0.62, 0.62, 0.0, 0.0, 0.0), spread=0.9),
    "hook": Handshape((0.9, 0.6, 1.0, 1.0, 1.0)),
    "bent-vee": Handshape((0.9, 0.6, 0.6, 1.0, 1.0), spread=0.9),
    "horns": Handshape((0.9, 0.0, 1.0, 1.0, 0.0), spread=0.6),
    "three-horns": Handshape((0.0, 0.0, 1.0, 1.0, 0.0), spread=0.6),
    "little": Handshape((0.9, 1.0, 1.0, 1.0, 0.0)),
    "phone": Handshape((0.0, 1.0, 1.0, 1.0, 0.0), spread=0.6),
    "middle-in": Handshape((0.2, 0.0, 0.8, 0.0, 0.0), spread=0.8),
    "beak": Handshape((0.55, 0.25, 0.25, 1.0, 1.0)),
    "pinch": Handshape((0.62, 0.6, 1.0, 1.0, 1.0)),
    "rest": Handshape((0.3, 0.3, 0.35, 0.4, 0.45), spread=0.2),
}
DRAWN = tuple(name for name in HANDSHAPES if name != "rest")

PLACES: dict[str, Point] = {
    "forehead": (-0.06, 0.155, 0.15),
    "temple": (-0.12, 0.19, 0.12),
    "nose": (-0.02, 0.255, 0.17),
    "cheek": (-0.09, 0.285, 0.15),
    "mouth": (-0.03, 0.32, 0.17),
    "chin": (-0.02, 0.37, 0.16),
    "shoulder": (-0.17, 0.47, 0.13),
    "other-shoulder": (0.13, 0.50, 0.16),
    "chest": (-0.02, 0.56, 0.16),
    "belly": (-0.02, 0.78, 0.16),
    "side": (-0.30, 0.55, 0.20),
    "side-high": (-0.30, 0.28, 0.16),
    "side-low": (-0.30, 0.78, 0.18),
    "front": (-0.13, 0.62, 0.26),
    "front-low": (-0.13, 0.80, 0.24),
    "across": (0.17, 0.66, 0.22),
}
FACE = ("forehead", "temple", "nose", "cheek", "mouth", "chin")

ORIENTATIONS: dict[str, tuple[Point, Point]] = {
    "up-out": ((0.08, -1.0, 0.1), (0.0, 0.0, 1.0)),
    "up-self": ((0.12, -1.0, 0.1), (0.0, 0.0, -1.0)),
    "up-edge": ((0.1, -1.0, 0.2), (1.0, 0.0, 0.45)),
    "slant-out": ((0.7, -0.75, 0.1), (0.0, 0.0, 1.0)),
    "slant-self": ((0.75, -0.7, 0.1), (0.0, 0.0, -1.0)),
    "in-self": ((1.0, -0.05, 0.15), (0.0, 0.1, -1.0)),
    "in-down": ((0.9, -0.1, 0.35), (0.0, 1.0, 0.35)),
    "away": ((0.15, -0.6, 0.75), (0.0, 0.8, 0.6)),
    "out-self": ((-0.55, -0.85, 0.1), (0.0, 0.0, -1.0)),
    "down-self": ((0.35, 0.85, 0.35), (0.0, 0.2, -1.0)),
}

Motion = Literal["hold", "line", "arc", "circle", "zigzag", "tap", "twist"]
PATHS: tuple[Motion, ...] = ("line", "arc", "circle", "zigzag", "tap", "twist")
Hands = Literal["one", "mirror", "alternate", "base", "both"]
Mouth = Literal["rest", "smile", "round", "open", "tight", "down"]
Head = Literal["still", "nod", "tilt", "turn", "back"]


@dataclass(frozen=True)
class Path:
    """How the hand moves: a figure in the frame's plane, its main direction in eighths of a turn, its length."""

    kind: Motion
    direction: int = 0
    length: float = 0.14
    repeats: int = 1

    @property
    def axis(self) -> tuple[float, float]:
        angle = self.direction * math.pi / 4
        return math.cos(angle), math.sin(angle)


@dataclass(frozen=True)
class Face:
    """The non-manual part of a sign: brows (-1 frowning, 1 raised), mouth shape, movement of the head."""

    brows: float = 0.0
    mouth: Mouth = "rest"
    head: Head = "still"


@dataclass(frozen=True)
class Sign:
    """An invented sign; ``base`` is the other hand's shape where it rests below (``base``) or is held up (``both``)."""

    start: str
    end: str
    place: str
    orientation: str
    path: Path
    hands: Hands = "one"
    base: str = "flat"
    face: Face = Face()

    def features(self) -> tuple[tuple[float, str | int], ...]:
        """The distinguishing features of a sign, each with its weight in `distance`."""
        return (
            (1.0, self.start),
            (0.5, self.end),
            (1.0, self.place),
            (0.7, self.orientation),
            (1.0, self.path.kind),
            (0.7, self.path.direction if self.path.kind not in ("circle", "twist", "hold") else 0),
            (0.7, self.path.repeats),
            (0.7, self.hands),
            (0.7, self.base if self.hands in ("base", "both") else ""),
            (0.2, self.face.mouth),
            (0.1, self.face.head),
        )


@dataclass(frozen=True)
class Marked:
    """A sign in a sentence, with its negation."""

    sign: Sign
    negated: bool = False


def distance(one: Sign, other: Sign) -> float:
    """Sum of the weights of the features in which two signs differ: 0 (they look the same) to 7.3."""
    pairs = zip(one.features(), other.features(), strict=True)
    return sum(weight for (weight, mine), (_, yours) in pairs if mine != yours)
