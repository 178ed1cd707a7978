"""The signer's body as moving shapes, from the tracks of hands and face."""

from __future__ import annotations

import numpy as np

from sign2gpt.signing.body.hands import LINE_COLOUR, Hand
from sign2gpt.signing.body.head import Head
from sign2gpt.signing.body.kinematics import Array, two_bone
from sign2gpt.signing.body.motion import Tracks
from sign2gpt.signing.body.shapes import Shape, capsule, in_frame, mirrored, mix, rgb, smooth
from sign2gpt.signing.body.signers import Signer

SHOULDER_Y = 0.497
UPPER_ARM, FOREARM = 0.27, 0.25
SHADOW = (10, 12, 20)
ELBOW_POLE = np.array([-0.75, 0.75, -0.1])


def avatar(tracks: Tracks, signer: Signer, corners: int) -> list[Shape]:
    """All shapes of a clip, to be drawn by depth; ``corners`` is the number of corners of a limb's round end."""
    front = tracks.hands[:, :, 2]
    first = np.where(front[0] >= front[1], 1.0, 0.0)
    side = -1 if signer.left_handed else 1
    return [
        *Head(tracks, signer).shapes(),
        *_torso(signer),
        *_arm(tracks.hands[0], signer, side, 10 + 5 * first, corners),
        *_arm(tracks.hands[1], signer, -side, 10 + 5 * (1 - first), corners),
    ]


def _torso(signer: Signer) -> list[Shape]:
    cloth = rgb(signer.clothes, signer.light)
    skin = rgb(signer.skin, signer.light)
    width = signer.shoulder
    side = -signer.light_side
    body = mirrored(
        [(0.055, 0.40), (0.09, 0.44), (width, 0.455), (width + 0.045, 0.5), (width + 0.028, 0.7), (width + 0.01, 1.1)]
    )
    shadow = [(side * (width + x), y) for x, y in [(0.03, 0.53), (0.04, 0.7), (0.02, 1.1), (-0.08, 1.1), (-0.03, 0.8)]]
    neck = mirrored([(0.058, 0.3), (0.058, 0.40), (0.072, 0.435), (0.0, 0.45)])
    chin = smooth(mirrored([(0.058, 0.33), (0.058, 0.375), (0.03, 0.405), (0.0, 0.41)]))
    middle = np.array([0.5, 0.0])
    parts = [
        (smooth(body), mix(cloth, SHADOW, 0.35), 1.012),
        (smooth(body), cloth, 1.0),
        (smooth(shadow), rgb(cloth, 0.92), 1.0),
    ]
    shapes = [Shape((middle + points * np.array([grow, 1.0]))[None], colour) for points, colour, grow in parts]
    shapes += [_still(points, colour) for points, colour in _collar(signer, cloth, skin)]
    return [*shapes, _still(smooth(neck, 1), skin), _still(chin, mix(skin, (100, 40, 40), 0.28))]


def _still(points: Array, colour: Array) -> Shape:
    return Shape((np.array([0.5, 0.0]) + points)[None], colour)


def _collar(signer: Signer, cloth: Array, skin: Array) -> list[tuple[Array, Array]]:
    """The neckline, with its edge in a lighter tone of the cloth."""
    edge = mix(cloth, (255, 255, 255), 0.22)
    if signer.collar == "vee":
        opening = mirrored([(0.06, 0.405), (0.068, 0.43), (0.012, 0.535)])
        return [(smooth(opening, 1) * np.array([1.18, 1.012]), edge), (smooth(opening, 1), skin)]
    if signer.collar == "shirt":
        opening = mirrored([(0.055, 0.405), (0.05, 0.43), (0.004, 0.50)])
        flaps = [[(x * 0.05, 0.405), (x * 0.085, 0.425), (x * 0.055, 0.505), (x * 0.006, 0.49)] for x in (-1, 1)]
        buttons = [smooth([(-0.005, y), (0.005, y), (0.005, y + 0.01), (-0.005, y + 0.01)]) for y in (0.56, 0.66, 0.76)]
        return [
            (smooth(opening, 1), skin),
            *((smooth(flap, 1), edge) for flap in flaps),
            *((button, edge) for button in buttons),
        ]
    if signer.collar == "high":
        return [(smooth(mirrored([(0.066, 0.385), (0.07, 0.43), (0.02, 0.455)]), 1), edge)]
    opening = mirrored([(0.06, 0.405), (0.068, 0.44), (0.03, 0.475)])
    return [(smooth(opening, 2) * np.array([1.14, 1.012]), edge), (smooth(opening, 2), skin)]


def _arm(pose: Array, signer: Signer, side: int, depth: Array, corners: int) -> list[Shape]:
    """Sleeve, wrist and hand; ``side`` is 1 where the hand's own side is the left of the frame, else -1."""
    shoulder = np.array([-signer.shoulder, SHOULDER_Y, 0.0])
    pole = np.broadcast_to(ELBOW_POLE, (len(pose), 3))
    elbow, wrist = two_bone(shoulder, pose[:, :3], UPPER_ARM * signer.arm, FOREARM * signer.arm, pole)
    cloth = rgb(signer.clothes, signer.light)
    skin = rgb(signer.skin, signer.light)
    edge, gleam = mix(cloth, SHADOW, 0.35), mix(cloth, (255, 255, 255), 0.06)
    a, b, c = (in_frame(point, side) for point in (shoulder, elbow, wrist))
    inside = a + np.array([0.07 * side, 0.015])
    cuff, bare = b + 0.84 * (c - b), b + 0.7 * (c - b)
    light = np.array([0.006 * signer.light_side, -0.006])
    parts = [
        (a, b, 0.050, 0.044, edge),
        (a, inside, 0.046, 0.040, cloth),
        (a, b, 0.046, 0.040, cloth),
        (a + light, b + light, 0.030, 0.024, gleam),
        (bare, c, 0.031, 0.029, mix(skin, LINE_COLOUR, 0.42)),
        (bare, c, 0.028, 0.026, skin),
        (b, cuff, 0.044, 0.036, edge),
        (b, cuff, 0.040, 0.032, cloth),
        (b + light, cuff + light, 0.024, 0.018, gleam),
    ]
    sleeve = [Shape(capsule(start, end, r, s, corners), colour, depth) for start, end, r, s, colour in parts]
    return [*sleeve, *Hand(wrist, pose, side, signer, depth + 1, corners).shapes()]
