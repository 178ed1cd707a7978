"""A sign in space: the pose of each hand during the sign's stroke.

A pose is a vector of 20: wrist (3), direction of the fingers (3), direction of the palm (3), hand shape (11), in the
hand's own space (see `phonology`). n moments are shares ``u`` (n,) of the stroke, 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sign2gpt.signing.body.kinematics import Array, unit
from sign2gpt.signing.language.phonology import FACE, HANDSHAPES, ORIENTATIONS, PLACES, Path, Sign

REST = np.array([-0.16, 0.93, 0.12, 0.8, 0.35, 0.3, 0.0, 0.3, -1.0, *HANDSHAPES["rest"].vector()])
SUPPORT = {"base": (-0.02, 0.77, 0.2), "on-base": (-0.04, 0.61, 0.27), "beside": (-0.16, 0.56, 0.22)}
PALM_UP = ((1.0, -0.1, 0.25), (0.0, -0.75, 0.65))
CENTRE = np.array([0.0, 0.6, 0.0])
TWIST = 0.75


@dataclass(frozen=True)
class Manner:
    """How a signer performs a sign in this clip."""

    movement: float
    """Factor for the distance of places from the middle of the chest."""
    length: float
    """Factor for the length of the path."""
    shift: Array
    """(3,), added to the place."""
    hand: float
    """Size of the hand, see `kinematics.hand_joints`."""


def stroke(sign: Sign, manner: Manner, u: Array, other: bool) -> Array:
    """Poses (n, 20) of the dominant hand, or of the other one."""
    eased = u * u * (3 - 2 * u)
    if other and sign.hands == "one":
        return np.broadcast_to(REST, (len(u), len(REST)))
    if other and sign.hands in ("base", "both"):
        place, (fingers, palm) = ("base", PALM_UP) if sign.hands == "base" else ("beside", ORIENTATIONS["up-out"])
        point = _place(place, manner) + np.zeros((len(u), 3))
        return _poses(point, place, unit(np.tile(fingers, (len(u), 1))), palm, _shapes(sign.base, sign.base, u), manner)
    phase = 1 - eased if other and sign.hands == "alternate" else eased
    place = {"base": "on-base", "both": "beside"}.get(sign.hands, sign.place)
    fingers, palm = ORIENTATIONS[sign.orientation]
    angle = TWIST * np.sin(3 * np.pi * phase) if sign.path.kind == "twist" else np.zeros_like(u)
    point = _place(place, manner)
    mirrored = sign.hands in ("mirror", "alternate")
    if mirrored:
        point[0] = min(point[0], -0.10)
    point = point + np.pad(figure(sign.path, phase) * manner.length, ((0, 0), (0, 1)))
    if mirrored:
        point[:, 0] = np.minimum(point[:, 0], -0.03)
    return _poses(point, place, _turned(fingers, angle), palm, _shapes(sign.start, sign.end, eased), manner)


def figure(path: Path, u: Array) -> Array:
    """The path's figure (n, 2) in the frame's plane, centred at the sign's place."""
    axis = np.array(path.axis)
    side = np.array([-axis[1], axis[0]])
    way = u * path.repeats
    wave = 1 - np.abs(2 * (way / 2 % 1) - 1) if path.repeats > 1 else u
    still = np.zeros_like(u)
    match path.kind:
        case "line":
            along, across = wave - 0.5, still
        case "arc":
            along, across = wave - 0.5, np.sin(np.pi * wave) * 0.6 - 0.3
        case "circle":
            along, across = np.cos(2 * np.pi * u) * 0.45, np.sin(2 * np.pi * u) * 0.45
        case "zigzag":
            along, across = 1.2 * (u - 0.5), 0.6 * np.abs(2 * (u * 2 % 1) - 1) - 0.3
        case "tap":
            along, across = 0.55 * np.abs(np.sin(np.pi * way)), still
        case "twist" | "hold":
            along, across = still, still
    return (along[:, None] * axis + across[:, None] * side) * path.length


def _place(name: str, manner: Manner) -> Array:
    """The position (3,) of a place; the signer's movement scales places away from the face."""
    point = np.array((PLACES | SUPPORT)[name])
    return manner.shift + (point if name in FACE else CENTRE + (point - CENTRE) * manner.movement)


def _turned(fingers: tuple[float, float, float], angle: Array) -> Array:
    """Unit directions (n, 3): the fingers rotated in the frame's plane."""
    x, y, z = fingers
    turned = [np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y, np.full_like(angle, z)]
    return unit(np.stack(turned, axis=-1))


def _shapes(start: str, end: str, u: Array) -> Array:
    """Hand shapes (n, 11) that change in the middle of the stroke."""
    first, last = (np.array(HANDSHAPES[name].vector()) for name in (start, end))
    return first + (last - first) * np.clip(u * 1.6 - 0.3, 0, 1)[:, None]


def _poses(
    point: Array, place: str, fingers: Array, palm: tuple[float, float, float], shapes: Array, manner: Manner
) -> Array:
    """Poses (n, 20) with the fingertips at a place of the face, or the palm at another place."""
    wrist = point - fingers * manner.hand * (0.12 if place in FACE else 0.085)
    return np.concatenate([wrist, fingers, np.broadcast_to(palm, wrist.shape), shapes], axis=1)
