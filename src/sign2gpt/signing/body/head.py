"""The signer's head as shapes: hair, face, eyes, brows, mouth; it turns, nods and tilts.

Local points: the unit is half the height of the face, (0, 0) its middle.
"""

from __future__ import annotations

import numpy as np

from sign2gpt.signing.body.kinematics import Array
from sign2gpt.signing.body.motion import Tracks
from sign2gpt.signing.body.shapes import Shape, ellipse, mirrored, mix, rgb, smooth
from sign2gpt.signing.body.signers import Signer

CENTRE = np.array([0.5, 0.232])
HALF_HEIGHT = 0.148
LINE_COLOUR = (70, 25, 25)
SHADE_COLOUR = (120, 50, 50)
FACE = mirrored([(0.25, -0.98), (0.64, -0.75), (0.82, -0.2), (0.79, 0.32), (0.56, 0.80), (0.2, 1.0)])
HAIRLINES = {
    "short": [(0.62, -0.38), (0.45, -0.62), (0.0, -0.7), (-0.45, -0.62), (-0.62, -0.38)],
    "side": [(0.66, -0.2), (0.55, -0.5), (0.1, -0.45), (-0.35, -0.72), (-0.64, -0.3)],
    "bob": [(0.66, 0.1), (0.6, -0.42), (0.2, -0.5), (-0.2, -0.5), (-0.6, -0.42), (-0.66, 0.1)],
    "long": [(0.68, 0.1), (0.52, -0.5), (0.05, -0.78), (-0.5, -0.5), (-0.68, 0.1)],
    "bun": [(0.64, -0.3), (0.45, -0.68), (0.0, -0.74), (-0.45, -0.68), (-0.64, -0.3)],
    "curly": [(0.6, -0.4), (0.3, -0.58), (0.0, -0.52), (-0.3, -0.58), (-0.6, -0.4)],
}
BACK_HAIR = {"bob": 0.78, "long": 1.75, "curly": 0.45}


class Head:
    """The head in all frames of a clip; parts further forward move more when the head turns."""

    def __init__(self, tracks: Tracks, signer: Signer) -> None:
        self.tracks, self.signer = tracks, signer
        self.size = HALF_HEIGHT * signer.head
        roll = np.radians(9) * tracks.head[:, 2]
        self.turn = np.stack(
            [np.stack([np.cos(roll), np.sin(roll)], -1), np.stack([-np.sin(roll), np.cos(roll)], -1)], 1
        )
        self.shift = tracks.head[:, :2] * np.array([0.27, 0.18])
        self.centre = CENTRE + self.shift * np.array([0.06, 0.06])

    def in_frame(self, points: Array, forward: float) -> Array:
        """Local points (K, 2) or (T, K, 2) as (T, K, 2) in the frame."""
        moved = points + forward * self.shift[:, None]
        neck = np.array([0.0, 0.9])
        return self.centre[:, None] + self.size * ((moved - neck) @ self.turn + neck)

    def shapes(self) -> list[Shape]:
        """The hair at the back (depth -2) and the head (2), so that neck and body are in between."""
        return [*self._back(), *self._face(), *self._eyes(), *self._mouth(), *self._front()]

    def _shape(self, points: Array, colour: Array, forward: float, depth: float = 2.0) -> Shape:
        return Shape(self.in_frame(points, forward), colour, depth)

    def _back(self) -> list[Shape]:
        style, hair = self.signer.hair_style, rgb(self.signer.hair, 0.82 * self.signer.light)
        shapes = []
        if style in BACK_HAIR:
            low = BACK_HAIR[style]
            outline = mirrored(
                [(0.3, -1.14), (0.88, -0.9), (1.06, -0.2), (1.04, 0.5 * low), (0.97, low), (0.3, low + 0.05)]
            )
            shapes.append(self._shape(smooth(outline), hair, -0.3, -2.0))
        if style == "bun":
            shapes.append(self._shape(ellipse(0.36, 0.34, (0.0, -1.2)), hair, -0.4, -2.0))
        return shapes

    def _face(self) -> list[Shape]:
        signer = self.signer
        skin = rgb(signer.skin, signer.light)
        line = mix(skin, LINE_COLOUR, 0.30)
        shade = mix(skin, SHADE_COLOUR, 0.16)
        blush = mix(skin, (226, 96, 96), 0.20)
        side = -signer.light_side
        outline = smooth(FACE)
        inner = np.array(
            [(side * x, y) for x, y in [(0.40, -0.95), (0.66, -0.4), (0.60, 0.3), (0.40, 0.8), (0.1, 1.0)]]
        )
        edge = np.array(
            [(side * x, y) for x, y in [(0.12, 0.98), (0.5, 0.76), (0.75, 0.3), (0.78, -0.2), (0.62, -0.7)]]
        )
        shapes = []
        for x in (-1, 1):
            shapes.append(self._shape(ellipse(0.13, 0.2, (x * 0.83, 0.05), 14), line, -0.1))
            shapes.append(self._shape(ellipse(0.11, 0.175, (x * 0.825, 0.05), 14), skin, -0.1))
        shapes.append(self._shape(outline * 1.025, line, 0.15))
        shapes.append(self._shape(outline, skin, 0.15))
        shapes.append(self._shape(np.concatenate([inner, edge]), shade, 0.15))
        shapes += [self._shape(ellipse(0.15, 0.10, (x * 0.44, 0.33), 14), blush, 0.7) for x in (-1, 1)]
        if signer.beard:
            beard = mix(skin, signer.hair, 0.55)
            jaw = mirrored([(0.68, 0.12), (0.79, 0.14), (0.75, 0.45), (0.54, 0.82), (0.2, 1.02)])
            lip = [(-0.56, 0.44), (-0.3, 0.42), (-0.12, 0.37), (0.12, 0.37), (0.3, 0.42), (0.56, 0.44)]
            shapes.append(self._shape(smooth([*jaw, *lip]), beard, 0.25))
        nose = smooth([(-0.02, -0.05), (0.05 * side, -0.05), (0.11 * side, 0.25), (-0.03 * side, 0.27)], 1)
        shapes.append(self._shape(nose, mix(skin, SHADE_COLOUR, 0.26), 1.15))
        return shapes

    def _eyes(self) -> list[Shape]:
        """White, iris, and a lid that closes over them, with a dark edge of lashes."""
        signer = self.signer
        lid_skin = mix(rgb(signer.skin, signer.light), SHADE_COLOUR, 0.10)
        along = np.linspace(-1, 1, 9)
        bow = 1 - along**2
        edge = bow * (0.10 - 0.20 * self.tracks.lids[:, None])
        shapes = []
        for x in (-1, 1):
            at = (0.34 * x, 0.0)

            def band(upper: Array, lower: Array, at: tuple[float, float] = at, wide: float = 0.19) -> Array:
                sides = np.broadcast_arrays(wide * along, upper, lower)
                top, low = (np.stack([at[0] + sides[0], at[1] + side], axis=-1) for side in sides[1:])
                return np.concatenate([top, low[..., ::-1, :]], axis=-2)

            shapes += [
                self._shape(band(-0.13 * bow, 0.10 * bow), rgb((250, 248, 244)), 0.85),
                self._shape(ellipse(0.098, 0.105, (at[0], -0.015), 14), rgb(signer.iris), 0.95),
                self._shape(ellipse(0.052, 0.056, (at[0], -0.015), 10), rgb((24, 18, 18)), 0.95),
                self._shape(ellipse(0.028, 0.03, (at[0] + 0.035, -0.05), 8), rgb((255, 255, 255)), 0.95),
                self._shape(band(-0.15 * bow, edge, wide=0.2), lid_skin, 0.85),
                self._shape(band(edge - 0.05 * bow - 0.008, edge + 0.008, wide=0.205), rgb((44, 30, 30)), 0.85),
                self._shape(self._brow(x), rgb(signer.hair, 0.8), 0.85),
            ]
            if signer.glasses:
                shapes += self._lens(x)
        return shapes

    def _brow(self, x: int) -> Array:
        """Raised, level or frowning: a tapered arch (T, 5, 2)."""
        brows = self.tracks.brows[:, None, None]
        frown = np.maximum(-brows, 0)
        inner = np.array([x * 0.16, -0.28]) + frown * np.array([-0.03 * x, 0.11])
        top = np.array([x * 0.36, -0.33]) + frown * np.array([0.0, 0.03])
        outer = np.array([x * 0.55, -0.24]) - frown * np.array([0.0, 0.02])
        thick = np.array([0.0, 0.042])
        arch = np.concatenate([inner - thick, top - thick, outer, top + thick, inner + thick], axis=1)
        return arch - np.maximum(brows, 0) * np.array([0.0, 0.13])

    def _lens(self, x: int) -> list[Shape]:
        """The rim as a ring: around the outside, then back along the inside."""
        middle = np.array([x * 0.34, 0.0])
        outer = ellipse(0.27, 0.23, corners=22)
        outer = np.concatenate([outer, outer[:1]])
        ring = middle + np.concatenate([outer, 0.89 * outer[::-1]])
        bridge = np.array([(0.0, -0.06), (x * 0.09, -0.05), (x * 0.09, -0.01), (0.0, -0.02)])
        return [self._shape(part, rgb((52, 46, 50)), 1.0) for part in (ring, bridge)]

    def _mouth(self) -> list[Shape]:
        opened, wide, curve = (self.tracks.mouth[:, i, None] for i in range(3))
        skin = rgb(self.signer.skin, self.signer.light)
        lip = mix(skin, (176, 56, 66), 0.55)
        along = np.linspace(-1, 1, 9)
        bow = 1 - along**2
        x = (0.15 + 0.15 * wide) * along
        corner = -0.10 * curve * along**2 + 0.05 * curve
        height = 0.012 + 0.15 * opened

        def lips(extra: float, share: float = 1.0) -> Array:
            upper = np.stack([x, 0.56 + corner - (height + extra) * bow], axis=-1)
            lower = np.stack([x, 0.56 + corner + share * (height + 1.2 * extra) * bow], axis=-1)
            return np.concatenate([upper, lower[:, ::-1]], axis=1)

        inside = mix(np.array([92, 26, 34]), lip, 0.25)
        shown = np.clip(opened * 3, 0, 1)
        teeth = inside + (np.array([246, 242, 236]) - inside) * shown
        return [
            self._shape(lips(0.04), lip, 0.95),
            self._shape(lips(0.0), inside, 0.95),
            self._shape(lips(-0.004, -0.45), teeth, 0.95),
        ]

    def _front(self) -> list[Shape]:
        style, hair = self.signer.hair_style, rgb(self.signer.hair, self.signer.light)
        low = BACK_HAIR.get(style, -0.05)
        crown = [
            (-0.87, min(low, 0.1)),
            (-0.9, -0.45),
            (-0.66, -0.93),
            (-0.25, -1.14),
            (0.25, -1.14),
            (0.66, -0.93),
            (0.9, -0.45),
            (0.87, min(low, 0.1)),
        ]
        shapes = [self._shape(smooth(crown + HAIRLINES[style]), hair, 0.1)]
        side = self.signer.light_side
        gleam = smooth([(side * 0.2, -1.0), (side * 0.55, -0.86), (side * 0.68, -0.6), (side * 0.5, -0.72)], 2)
        if style == "curly":
            curls = [(0.92 * np.sin(a), -0.35 - 0.72 * np.cos(a)) for a in np.linspace(-1.75, 1.75, 9)]
            shapes += [self._shape(ellipse(0.25, 0.25, at, 12), hair, 0.0) for at in curls]
        return [*shapes, self._shape(gleam, mix(hair, (255, 240, 220), 0.22), 0.1)]
