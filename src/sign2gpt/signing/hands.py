"""A hand as shapes: palm, four fingers and a thumb, each with its outline, ordered by depth."""

from __future__ import annotations

import numpy as np

from sign2gpt.signing.kinematics import Array, hand_axes, hand_joints
from sign2gpt.signing.shapes import Shape, capsule, mix, rgb
from sign2gpt.signing.signers import Signer

RADII = np.array([0.0122, 0.0125, 0.0120, 0.0105])
OUTLINE = 0.0032


def hand_shapes(wrist: Array, pose: Array, flip: Array, origin: Array, signer: Signer, depth: Array) -> list[Shape]:
    """The shapes of a hand.

    Args:
        wrist: (T, 3) in the hand's own space; ``pose`` (T, 20), see `motion`.
        flip: (2,) factors and ``origin`` (2,) that bring own space to the frame.
        depth: (T,), where the hand lies among the other shapes.
    """
    scale = signer.hand
    along, out, _ = hand_axes(pose[:, 3:6], pose[:, 6:9])
    fingers, thumb = hand_joints(wrist, pose[:, 3:6], pose[:, 6:9], pose[:, 9:], scale)
    skin = rgb(signer.skin, signer.light)
    palm_skin = mix(skin, (255, 205, 190), 0.16)
    facing = np.clip(out[:, 2] * 1.5, 0, 1)[:, None]
    colour = skin + (palm_skin - skin) * facing
    dark = mix(skin, (70, 25, 25), 0.42)

    def flat(points: Array) -> Array:
        return origin + points[..., :2] * flip

    def depth_of(points: Array) -> Array:
        return depth + np.clip((points[:, 2] - wrist[:, 2]) * 2.5, -0.3, 0.3)

    shapes = _palm(flat(wrist), flat(fingers[:, :, 0]), scale, colour, dark, depth_of(fingers[:, :, 0].mean(1) * 0.5 + wrist * 0.5))
    flexion = pose[:, 10:14]
    for i, radius in enumerate(RADII * scale):
        joints = fingers[:, i]
        root = joints[:, 0] + 0.4 * (wrist - joints[:, 0])
        bent = colour * (1 - 0.10 * np.clip(flexion[:, i : i + 1], 0, 1))
        shapes += _finger(flat(joints), flat(root), radius, bent, colour, dark, depth_of(joints.mean(1)))
    root = thumb[:, 0] + 0.3 * (fingers[:, 1, 0] - thumb[:, 0])
    base = np.stack([thumb[:, 0], thumb[:, 1], thumb[:, 2]], axis=1)
    shapes += _finger(flat(base), flat(root), 0.0132 * scale, colour, colour, dark, depth_of(base.mean(1)) + 0.002)
    return shapes


def _palm(wrist: Array, knuckles: Array, scale: float, colour: Array, dark: Array, depth: Array) -> list[Shape]:
    """Four bones of the palm and the skin between them."""
    radius = 0.0135 * scale
    spread = 0.55 * (knuckles - knuckles.mean(1, keepdims=True))
    heels = wrist[:, None] + spread + 0.12 * (knuckles.mean(1, keepdims=True) - wrist[:, None])
    bones = [(heels[:, i], knuckles[:, i]) for i in range(4)]
    web = np.stack([heels[:, 0], knuckles[:, 0], knuckles[:, 3], heels[:, 3]], axis=1)
    edge = [Shape(capsule(a, b, radius + OUTLINE, radius + OUTLINE), dark, depth) for a, b in bones]
    skin = [Shape(capsule(a, b, radius, radius), colour, depth) for a, b in bones]
    return [*edge, *skin, Shape(web, colour, depth)]


def _finger(
    joints: Array, root: Array, radius: float, colour: Array, patch: Array, dark: Array, depth: Array
) -> list[Shape]:
    """Bones from knuckle to tip; the patch joins the first to the palm without a line between."""
    radii = radius * np.linspace(1.04, 0.88, joints.shape[1])
    bones = [(joints[:, i], joints[:, i + 1], radii[i], radii[i + 1]) for i in range(joints.shape[1] - 1)]
    edge = [Shape(capsule(a, b, ra + OUTLINE, rb + OUTLINE), dark, depth) for a, b, ra, rb in bones]
    skin = [Shape(capsule(a, b, ra, rb), colour, depth) for a, b, ra, rb in bones]
    joint = Shape(capsule(root, joints[:, 0], radii[0], radii[0]), patch, depth)
    return [edge[0], joint, *edge[1:], *skin]
