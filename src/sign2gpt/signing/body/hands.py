"""A hand as shapes: palm, four fingers and a thumb, each with its outline, ordered by depth."""

from __future__ import annotations

import numpy as np

from sign2gpt.signing.body.kinematics import Array, hand_axes, hand_joints
from sign2gpt.signing.body.shapes import Shape, capsule, in_frame, mix, rgb
from sign2gpt.signing.body.signers import Signer

FINGER_RADII = np.array([0.0122, 0.0125, 0.0120, 0.0105])
THUMB_RADIUS = 0.0130
PALM_RADIUS = 0.0135
OUTLINE = 0.0036
LINE_COLOUR = (45, 12, 14)
PALM_COLOUR = (255, 205, 190)


class Hand:
    """One hand in all frames of a clip.

    Args:
        wrist: (T, 3) in the hand's own space.
        pose: (T, 20), see `motion`.
        side: 1 where the hand's own side is the left of the frame, -1 where it is the right.
        depth: (T,), depth of the hand among the other shapes.
        corners: number of corners of each round end; with 4, the two outer bones of a finger are drawn as one.
    """

    def __init__(self, wrist: Array, pose: Array, side: int, signer: Signer, depth: Array, corners: int) -> None:
        self.wrist, self.side, self.depth, self.corners = wrist, side, depth, corners
        self.scale = signer.hand
        self.fingers, self.thumb = hand_joints(wrist, pose[:, 3:6], pose[:, 6:9], pose[:, 9:], signer.hand)
        self.flexion = np.clip(pose[:, 10:14], 0, 1)
        skin = rgb(signer.skin, signer.light)
        _, out, _ = hand_axes(pose[:, 3:6], pose[:, 6:9])
        self.skin = skin + (mix(skin, PALM_COLOUR, 0.18) - skin) * np.clip(out[:, 2:] * 1.5, 0, 1)
        self.line = mix(skin, LINE_COLOUR, 0.42)

    def shapes(self) -> list[Shape]:
        shapes = self._palm()
        for i, radius in enumerate(FINGER_RADII):
            joints = self.fingers[:, i] if self.corners > 4 else self.fingers[:, i, [0, 1, 3]]
            root = joints[:, 0] + 0.4 * (self.wrist - joints[:, 0])
            shapes += self._finger(joints, root, radius, self.skin * (1 - 0.10 * self.flexion[:, i : i + 1]))
        root = self.thumb[:, 0] + 0.3 * (self.fingers[:, 1, 0] - self.thumb[:, 0])
        return shapes + self._finger(self.thumb, root, THUMB_RADIUS, self.skin)

    def _palm(self) -> list[Shape]:
        """Four bones of the palm, the skin between them, and the heel, which covers the end of the forearm."""
        knuckles = self.fingers[:, :, 0]
        middle = knuckles.mean(1)
        heels = self.wrist[:, None] + 0.55 * (knuckles - middle[:, None]) + 0.12 * (middle - self.wrist)[:, None]
        depth = self._depth_of((middle + self.wrist) / 2)
        bones = [(heels[:, i], knuckles[:, i], PALM_RADIUS, PALM_RADIUS) for i in range(4)]
        heel = (self.wrist, self.wrist + 0.3 * (middle - self.wrist), 0.021, 0.024)
        web = in_frame(np.stack([heels[:, 0], knuckles[:, 0], knuckles[:, 3], heels[:, 3]], axis=1), self.side)
        edge = [self._bone(bone, OUTLINE, self.line, depth) for bone in bones]
        skin = [self._bone(bone, 0.0, self.skin, depth) for bone in (bones[0], bones[3], heel)]
        return [*edge, *skin, Shape(web, self.skin, depth)]

    def _finger(self, joints: Array, root: Array, radius: float, colour: Array) -> list[Shape]:
        """Bones from knuckle to tip; a patch of skin connects the first to the palm without a line."""
        radii = radius * np.linspace(1.04, 0.88, joints.shape[1])
        bones = [(joints[:, i], joints[:, i + 1], radii[i], radii[i + 1]) for i in range(joints.shape[1] - 1)]
        depth = self._depth_of(joints.mean(1))
        edge = [self._bone(bone, OUTLINE, self.line, depth) for bone in bones]
        skin = [self._bone(bone, 0.0, colour, depth) for bone in bones]
        patch = self._bone((root, joints[:, 0], radii[0], radii[0]), 0.0, self.skin, depth)
        return [edge[0], patch, *edge[1:], *skin]

    def _bone(self, bone: tuple[Array, Array, float, float], wider: float, colour: Array, depth: Array) -> Shape:
        start, end = (in_frame(point, self.side) for point in bone[:2])
        first, last = (radius * self.scale + wider for radius in bone[2:])
        return Shape(capsule(start, end, first, last, self.corners), colour, depth)

    def _depth_of(self, points: Array) -> Array:
        return self.depth + np.clip((points[:, 2] - self.wrist[:, 2]) * 2.5, -0.3, 0.3)
