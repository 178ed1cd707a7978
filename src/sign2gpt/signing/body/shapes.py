"""The filled shapes that every picture of the signer consists of.

T frames (1 if a shape does not move), K corners; points in sides of the frame, x to the right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sign2gpt.signing.body.kinematics import Array
from sign2gpt.signing.body.signers import Colour


@dataclass(frozen=True)
class Shape:
    """A polygon (T, K, 2), filled with one colour (3,) or one per frame (T, 3); low depths are drawn first."""

    points: Array
    colour: Array
    depth: Array | float = 0.0


def rgb(colour: Colour | Array, light: float = 1.0) -> Array:
    """A colour made lighter or darker by a factor."""
    return np.clip(np.asarray(colour, dtype=float) * light, 0, 255)


def mix(one: Colour | Array, other: Colour | Array, share: float) -> Array:
    """A mix of two colours with a ``share`` of the second."""
    return np.asarray(one, dtype=float) * (1 - share) + np.asarray(other, dtype=float) * share


def ellipse(width: float, height: float, at: tuple[float, float] = (0.0, 0.0), corners: int = 20) -> Array:
    """Corners (K, 2) of an ellipse with these half axes."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([at[0] + width * np.cos(angle), at[1] + height * np.sin(angle)], axis=-1)


def in_frame(points: Array, side: int) -> Array:
    """Points (..., 3) in a hand's own space as (..., 2) in the frame; ``side`` is 1 for the frame's left, else -1."""
    return np.array([0.5, 0.0]) + points[..., :2] * np.array([side, 1.0])


def capsule(start: Array, end: Array, start_radius: float, end_radius: float, corners: int) -> Array:
    """Outline (T, 2 * corners, 2) around the segments between two points (T, 2), round at both ends."""
    start, end = np.broadcast_arrays(start, end)
    heading = np.arctan2(end[..., 1] - start[..., 1], end[..., 0] - start[..., 0])[..., None]
    turn = np.linspace(-np.pi / 2, np.pi / 2, corners)
    front = np.stack([np.cos(heading + turn), np.sin(heading + turn)], axis=-1)
    return np.concatenate([end[..., None, :] + end_radius * front, start[..., None, :] - start_radius * front], axis=-2)


def smooth(points: list[tuple[float, float]], rounds: int = 2) -> Array:
    """A smooth closed curve (K, 2) from a few corners; each round of corner cutting doubles them (Chaikin 1974)."""
    curve = np.array(points, dtype=float)
    for _ in range(rounds):
        after = np.roll(curve, -1, axis=0)
        curve = np.stack([0.75 * curve + 0.25 * after, 0.25 * curve + 0.75 * after], axis=1).reshape(-1, 2)
    return curve


def mirrored(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed outline from its right half, listed from top to bottom."""
    return points + [(-x, y) for x, y in reversed(points)]
