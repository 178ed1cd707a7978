"""Arms by two-bone inverse kinematics, hands by forward kinematics; both over all frames at once.

T frames; points are (T, 3) in a hand's own space (see `phonology`), lengths in sides of the frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PALM = 0.088
KNUCKLES = np.array([0.0295, 0.0105, -0.0095, -0.0285])
FINGERS = np.array([0.078, 0.087, 0.081, 0.064])
BONES = np.array([0.48, 0.29, 0.23])
THUMB = np.array([0.044, 0.036])
BEND = np.radians([78.0, 100.0, 68.0])


def unit(vectors: Array) -> Array:
    """Vectors of length one; the zero vector is unchanged."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def two_bone(shoulder: Array, target: Array, upper: float, lower: float, pole: Array) -> tuple[Array, Array]:
    """Elbow and wrist (T, 3) of an arm that reaches for ``target``, with the elbow towards ``pole`` (a direction).

    The law of cosines gives the elbow's angle. A target out of reach is moved closer, as bones keep their lengths.
    """
    along = target - shoulder
    reach = np.linalg.norm(along, axis=-1, keepdims=True)
    kept = np.clip(reach, abs(upper - lower) + 1e-4, (upper + lower) * 0.999)
    along = np.where(reach > 1e-9, along / np.maximum(reach, 1e-9), np.array([0.0, 1.0, 0.0]))
    wrist = shoulder + along * kept
    cosine = (upper**2 + kept**2 - lower**2) / (2 * upper * kept)
    side = pole - (pole * along).sum(-1, keepdims=True) * along
    spare = np.cross(along, np.where(np.abs(along[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]))
    side = unit(np.where(np.linalg.norm(side, axis=-1, keepdims=True) > 1e-6, side, spare))
    elbow = shoulder + upper * (cosine * along + np.sqrt(np.clip(1 - cosine**2, 0, 1)) * side)
    return elbow, wrist


def hand_axes(fingers: Array, palm: Array) -> tuple[Array, Array, Array]:
    """Orthonormal axes (T, 3) of a hand: along the fingers, out of the palm, towards the thumb."""
    along = unit(fingers)
    out = unit(palm - (palm * along).sum(-1, keepdims=True) * along)
    return along, out, np.cross(out, along)


def hand_joints(wrist: Array, fingers: Array, palm: Array, shape: Array, scale: float) -> tuple[Array, Array]:
    """Joints of the four fingers (T, 4, 4, 3), knuckle to tip, and of the thumb (T, 3, 3).

    Args:
        wrist: (T, 3).
        fingers, palm: directions (T, 3), need not be unit vectors.
        shape: (T, 11), see `Handshape.vector`.
        scale: size of the hand, 1 for one of 0.18 sides of the frame.
    """
    along, out, across = hand_axes(fingers, palm)
    base, outer, spread = shape[:, 1:5], shape[:, 6:10], shape[:, 10]
    offsets = across[:, None] * (KNUCKLES * scale)[:, None] * (1 + 0.12 * spread)[:, None, None]
    arch = np.array([0.96, 1.0, 0.97, 0.9]) * PALM * scale
    knuckles = wrist[:, None] + along[:, None] * arch[:, None] + offsets
    fan = spread[:, None] * np.radians([13.0, 4.0, -6.0, -17.0]) * (1 - base)
    heading = np.cos(fan)[..., None] * along[:, None] + np.sin(fan)[..., None] * across[:, None]
    joints, angle = [knuckles], np.zeros_like(base)
    for bone, bend, flexion in zip(BONES, BEND, (base, outer, outer), strict=True):
        angle = angle + bend * flexion
        step = np.cos(angle)[..., None] * heading + np.sin(angle)[..., None] * out[:, None]
        joints.append(joints[-1] + step * (FINGERS * bone * scale)[:, None])
    return np.stack(joints, axis=2), _thumb(wrist, along, out, across, shape[:, 0], scale)


def _thumb(wrist: Array, along: Array, out: Array, across: Array, flexion: Array, scale: float) -> Array:
    """With increasing flexion: stretched sideways, next to the index finger, closed across the palm."""
    frame = np.stack([along, out, across], axis=1)
    stretched, next_to, closed = np.array([[0.55, 0.1, 0.85], [0.95, 0.35, 0.12], [0.45, 0.75, -0.75]])
    root = np.array([0.3 * PALM, 0.006, 0.026]) * scale
    blend = np.clip(flexion[:, None] * 2, 0, 2)
    heading = np.where(blend < 1, stretched + (next_to - stretched) * blend, next_to + (closed - next_to) * (blend - 1))
    tip = heading + np.array([0.25, 0.05, -0.35]) * flexion[:, None]
    first = root + unit(heading) * THUMB[0] * scale
    second = first + unit(tip) * THUMB[1] * scale
    local = np.stack([np.broadcast_to(root, first.shape), first, second], axis=1)
    return wrist[:, None] + np.einsum("tjk,tkd->tjd", local, frame)
