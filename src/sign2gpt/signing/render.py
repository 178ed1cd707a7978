"""From shapes to frames: camera, light on the wall, anti-aliased drawing, motion blur, noise, the notice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sign2gpt.common.seeds import derive
from sign2gpt.signing.avatar import avatar
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.kinematics import Array
from sign2gpt.signing.motion import Marked, tracks
from sign2gpt.signing.shapes import Shape
from sign2gpt.signing.signers import Signer

Frame = NDArray[np.uint8]
NOTICE = "invented signs, not a sign language"
LEGIBLE = 192
NOISE = 1.6


def render(signs: list[Marked], signer: Signer, config: SigningConfig, seed: int, question: bool = False) -> Iterator[Frame]:
    """Yields a clip's frames (size, size, 3) as uint8; the same arguments give the same bytes."""
    moves = tracks(signs, signer, config.frame_rate, seed, tempo=config.tempo, question=question)
    random = np.random.default_rng(derive(seed, "camera"))
    count = moves.hands.shape[1]
    scale = 4 if config.size <= 128 else 3
    side = config.size * scale
    zoom, shift = _camera(count, random)
    wall = _wall(signer, side, random)
    drawn = _corners(avatar(moves, signer), zoom * side, shift * side + 0.5 * side * (1 - zoom), count)
    mark = _notice(config.size)
    grain = random.normal(0, NOISE, (2 * config.size, 2 * config.size, 3)).round().astype(np.int16)
    for polygons in drawn:
        picture = wall.copy()
        brush = ImageDraw.Draw(picture)
        for points, colour in polygons:
            brush.polygon(points, fill=colour)
        frame = np.asarray(picture.reduce(scale))
        row, column = random.integers(0, config.size, 2)
        noisy = frame + grain[row : row + config.size, column : column + config.size]
        yield mark(np.clip(noisy, 0, 255).astype(np.uint8))


def _camera(count: int, random: np.random.Generator) -> tuple[float, Array]:
    """A held camera: fixed zoom and place for the clip, and a slow drift (T, 2)."""
    zoom = random.uniform(0.98, 1.03)
    place = random.uniform(-0.012, 0.012, 2)
    phase, speed = random.uniform(0, 2 * np.pi, 2), random.uniform(0.05, 0.12, 2)
    drift = 0.004 * np.sin(np.arange(count)[:, None] * speed + phase)
    return float(zoom), place + drift


def _wall(signer: Signer, side: int, random: np.random.Generator) -> Image.Image:
    """A plain wall, lighter where the lamp stands, a little different in each clip."""
    y, x = np.mgrid[0:side, 0:side] / side
    lamp = 0.5 + 0.4 * signer.light_side
    glow = np.exp(-((x - lamp) ** 2 + (y - 0.15) ** 2) / 0.5)
    light = (0.86 + 0.18 * glow) * signer.light * random.uniform(0.97, 1.03)
    return Image.fromarray(np.clip(light[..., None] * np.array(signer.wall), 0, 255).astype(np.uint8))


def _corners(shapes: list[Shape], zoom: float, shift: Array, count: int) -> Iterator[list[tuple[list[float], int]]]:
    """For each frame its polygons in drawing order: corners in pixels of the drawing and packed colour."""
    places = [(shape.points * zoom + shift[:, None] + 0.5).reshape(count, -1).tolist() for shape in shapes]
    inks = []
    for shape in shapes:
        rgb = np.broadcast_to(shape.colour, (count, 3)).astype(np.int64)
        inks.append((rgb[:, 0] | rgb[:, 1] << 8 | rgb[:, 2] << 16).tolist())
    depth = np.stack([np.broadcast_to(np.asarray(shape.depth, dtype=float), count) for shape in shapes])
    order = np.argsort(depth, axis=0, kind="stable").T.tolist()
    for t in range(count):
        yield [(places[i][t], inks[i][t]) for i in order[t]]


def _notice(size: int):
    """A function that writes onto a frame that the signs are invented; a corner mark where no text could be read."""
    picture = Image.new("L", (size, size))
    brush = ImageDraw.Draw(picture)
    if size >= LEGIBLE:
        font = ImageFont.load_default(max(9.0, size * 0.042))
        brush.text((size / 2, size * 0.99), NOTICE, fill=255, font=font, anchor="md")
    else:
        brush.polygon([(0, 0), (size // 10, 0), (0, size // 10)], fill=255)
    cover = np.asarray(picture)[..., None].astype(np.uint16)

    def mark(frame: Frame) -> Frame:
        return ((frame * (255 - cover) + 250 * cover) // 255).astype(np.uint8)

    return mark
