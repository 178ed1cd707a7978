"""The signer's body as moving shapes, from the tracks of hands and face."""

from __future__ import annotations

import numpy as np

from sign2gpt.signing.hands import hand_shapes
from sign2gpt.signing.head import Head
from sign2gpt.signing.kinematics import Array, two_bone
from sign2gpt.signing.motion import Tracks
from sign2gpt.signing.shapes import Shape, capsule, mirrored, mix, rgb, smooth
from sign2gpt.signing.signers import Signer

SHOULDER_Y = 0.475
UPPER_ARM, FOREARM = 0.27, 0.25
ELBOW_POLE = np.array([-0.75, 0.75, -0.1])


def avatar(tracks: Tracks, signer: Signer) -> list[Shape]:
    """All shapes of a clip; the frame's depth order is theirs (drawn from the smallest)."""
    front = tracks.hands[:, :, 2]
    first = np.where(front[0] >= front[1], 1.0, 0.0)
    return [
        *Head(tracks, signer).shapes(),
        *_torso(signer),
        *_arm(tracks.hands[0], signer, 1 if not signer.left_handed else -1, 10 + 5 * first),
        *_arm(tracks.hands[1], signer, -1 if not signer.left_handed else 1, 10 + 5 * (1 - first)),
    ]


def _torso(signer: Signer) -> list[Shape]:
    cloth = rgb(signer.clothes, signer.light)
    skin = rgb(signer.skin, signer.light)
    width = signer.shoulder
    side = -signer.light_side
    body = mirrored(
        [(0.055, 0.405), (0.075, 0.43), (width, 0.445), (width + 0.045, 0.5), (width + 0.03, 0.7), (width + 0.0, 1.1)]
    )
    shadow = [(side * x, y) for x, y in [(0.07, 0.5), (width, 0.46), (width + 0.05, 0.5), (width, 1.1), (0.09, 1.1)]]
    neck = mirrored([(0.058, 0.3), (0.058, 0.40), (0.072, 0.435), (0.0, 0.45)])
    chin = smooth(mirrored([(0.058, 0.33), (0.058, 0.375), (0.03, 0.405), (0.0, 0.41)]))
    middle = np.array([0.5, 0.0])
    parts = [
        (smooth(body), mix(cloth, (10, 12, 20), 0.35), 1.012),
        (smooth(body), cloth, 1.0),
        (smooth(shadow), rgb(cloth, 0.9), 1.0),
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


def _arm(pose: Array, signer: Signer, sign: int, depth: Array) -> list[Shape]:
    """Sleeve, wrist and hand; ``sign`` is 1 where the hand's own side is the left of the frame."""
    shoulder = np.array([-signer.shoulder, SHOULDER_Y, 0.0])
    pole = np.broadcast_to(ELBOW_POLE, (len(pose), 3))
    elbow, wrist = two_bone(shoulder, pose[:, :3], UPPER_ARM * signer.arm, FOREARM * signer.arm, pole)
    flip, origin = np.array([sign, 1.0]), np.array([0.5, 0.0])
    cloth = rgb(signer.clothes, signer.light)
    skin = rgb(signer.skin, signer.light)
    edge, gleam = mix(cloth, (10, 12, 20), 0.35), mix(cloth, (255, 255, 255), 0.07)
    a, b, c = (origin + point[..., :2] * flip for point in (shoulder, elbow, wrist))
    cuff = b + 0.84 * (c - b)
    light = np.array([0.006 * signer.light_side, -0.006])
    parts = [
        (capsule(a, b, 0.052, 0.045), edge),
        (capsule(b, cuff, 0.045, 0.036), edge),
        (capsule(a, b, 0.047, 0.040), cloth),
        (capsule(a + light, b + light, 0.032, 0.026), gleam),
        (capsule(b + 0.7 * (c - b), c, 0.031, 0.029), mix(skin, (70, 25, 25), 0.42)),
        (capsule(b + 0.7 * (c - b), c, 0.028, 0.026), skin),
        (capsule(b, cuff, 0.045, 0.036), edge),
        (capsule(a, b, 0.047, 0.040), cloth),
        (capsule(b, cuff, 0.040, 0.031), cloth),
        (capsule(b + light, cuff + light, 0.025, 0.018), gleam),
    ]
    shapes = [Shape(points, colour, depth) for points, colour in parts]
    return [*shapes, *hand_shapes(wrist, pose, flip, origin, signer, depth + 1)]
