"""Renders shapes as frames: camera, light on the wall, anti-aliased drawing, motion blur, noise, the notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sign2gpt.common.seeds import derive
from sign2gpt.signing.body.avatar import avatar
from sign2gpt.signing.body.kinematics import Array
from sign2gpt.signing.body.motion import Tracks, tracks
from sign2gpt.signing.body.shapes import Shape
from sign2gpt.signing.body.signers import Signer
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.phonology import Marked

Frame = NDArray[np.uint8]
NOTICE = "invented signs, not a sign language"
LEGIBLE = 192  # smallest side in pixels at which the notice can be read
LARGE = 256  # from this side on, drawing at twice the size gives smooth edges
NOISE = 1.6
EXPOSURES = 5


def drawing(size: int) -> int:
    """Version of the drawing for frames of a size, increased with every change of a pixel.

    Corpora with an older version are then made again.
    """
    return 5 if size >= LARGE else 4


def render(
    signs: list[Marked],
    signer: Signer,
    config: SigningConfig,
    seed: int,
    question: bool = False,
    num_frames: int | None = None,
) -> Iterator[Frame]:
    """Yields a clip's frames (size, size, 3) as uint8; the same arguments give the same bytes.

    Args:
        num_frames: wanted length, met as far as a natural pace allows (see `Pace`) [default: determined by
            ``config.tempo``].
    """
    seconds = None if num_frames is None else num_frames / config.frame_rate
    rate = config.frame_rate * exposures(config.size)
    moves = tracks(signs, signer, rate, seed, tempo=config.tempo, question=question, seconds=seconds)
    return film(moves, signer, config.size, seed)


def exposures(size: int) -> int:
    """Number of moments drawn per frame of a size: in large frames, movement is blurred."""
    return EXPOSURES if size >= LEGIBLE else 1


def film(moves: Tracks, signer: Signer, size: int, seed: int) -> Iterator[Frame]:
    """Yields the frames of a movement, which has a pose for each of their `exposures`; ``seed`` is for the camera."""
    moments = exposures(size)
    random = np.random.default_rng(derive(seed, "camera"))
    grain = random.normal(0, NOISE, (2 * size, 2 * size, 3)).round().astype(np.float32)
    for frame in _blurred(_drawn(moves, signer, size, moments, random), moments):
        row, column = random.integers(0, size, 2)
        noisy = frame + grain[row : row + size, column : column + size]
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def _drawn(moves: Tracks, signer: Signer, size: int, exposures: int, random: np.random.Generator) -> Iterator[Frame]:
    """Each moment of the movement, drawn larger and then reduced, for smooth edges.

    Small frames are drawn with fewer corners; the difference is not visible.
    """
    count, oversampling = moves.hands.shape[1], 2 if size >= LARGE else 3
    side, small = size * oversampling, size <= 96
    zoom, shift = _camera(np.arange(count) / exposures, random)
    wall = _wall(signer, side, random)
    notice = _notice(side, legible=size >= LEGIBLE)
    shapes = avatar(moves, signer, corners=4 if small else 9)
    if small:
        shapes = [replace(s, points=s.points[:, ::2]) if s.points.shape[1] > 12 else s for s in shapes]
    for polygons in _polygons(shapes, zoom * side, side * (shift + 0.5 * (1 - zoom)), count):
        picture = wall.copy()
        brush = ImageDraw.Draw(picture)
        for points, colour in polygons:
            brush.polygon(points, fill=colour)  # pyright: ignore[reportArgumentType]
        picture.paste(notice, (0, side - notice.height), notice)
        yield np.asarray(picture.reduce(oversampling))


def _blurred(moments: Iterator[Frame], exposures: int) -> Iterator[NDArray[np.floating]]:
    """Combines the ``exposures`` moments of each frame, earlier ones fainter: moving parts leave a trace."""
    fresh = np.float32(0.8 if exposures == 1 else 0.58)
    light = np.zeros(0, dtype=np.float32)
    for number, moment in enumerate(moments):
        now = moment.astype(np.float32)
        light = fresh * now + (1 - fresh) * light if number else now
        if (number + 1) % exposures == 0:
            yield light


def _camera(frames: Array, random: np.random.Generator) -> tuple[float, Array]:
    """A hand-held camera: zoom of the clip, and its shift (T, 2) at the given frame numbers (T,), which drifts."""
    zoom = random.uniform(0.98, 1.03)
    offset = random.uniform(-0.012, 0.012, 2)
    phase, speed = random.uniform(0, 2 * np.pi, 2), random.uniform(0.05, 0.12, 2)
    drift = 0.004 * np.sin(frames[:, None] * speed + phase)
    return float(zoom), offset + drift


def _wall(signer: Signer, side: int, random: np.random.Generator) -> Image.Image:
    """A plain wall, brighter at the lamp, slightly different in each clip."""
    y, x = np.mgrid[0:side, 0:side] / side
    lamp = 0.5 + 0.4 * signer.light_side
    glow = np.exp(-((x - lamp) ** 2 + (y - 0.15) ** 2) / 0.5)
    light = (0.86 + 0.18 * glow) * signer.light * random.uniform(0.97, 1.03)
    return Image.fromarray(np.clip(light[..., None] * np.array(signer.wall), 0, 255).astype(np.uint8))


def _polygons(
    shapes: list[Shape], zoom: float, shift: Array, count: int
) -> Iterator[list[tuple[NDArray[np.float32], int]]]:
    """The polygons of each frame in drawing order: corners in pixels of the drawing, and packed colour.

    The corners stay in float32 arrays, which Pillow reads without converting each number to Python.
    """
    corners = [(shape.points * zoom + shift[:, None] + 0.5).reshape(count, -1).astype(np.float32) for shape in shapes]
    inks = []
    for shape in shapes:
        rgb = np.broadcast_to(shape.colour, (count, 3)).astype(np.int64)
        inks.append((rgb[:, 0] | rgb[:, 1] << 8 | rgb[:, 2] << 16).tolist())
    depth = np.stack([np.broadcast_to(np.asarray(shape.depth, dtype=float), count) for shape in shapes])
    order = np.argsort(depth, axis=0, kind="stable").T.tolist()
    for t in range(count):
        yield [(corners[i][t], inks[i][t]) for i in order[t]]


def _notice(side: int, legible: bool) -> Image.Image:
    """The notice at the bottom of every drawing: a line of text, or a white corner if text would be illegible."""
    if not legible:
        corner = Image.new("RGBA", (side // 10, side // 10))
        ImageDraw.Draw(corner).polygon([(0, 0), (0, side // 10), (side // 10, side // 10)], fill="white")
        return corner
    strip = Image.new("RGBA", (side, round(side * 0.06)), (0, 0, 0, 110))
    font = ImageFont.load_default(side * 0.04)
    ImageDraw.Draw(strip).text((side / 2, side * 0.03), NOTICE, fill="white", font=font, anchor="mm")
    return strip
