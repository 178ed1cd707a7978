"""All eight orientations, of displays and of EXIF, come out as players and viewers show them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from pictures import quadrants
from PIL import Image, ImageOps
from recordings import record

from sign2gpt.data.importers.image_folders import read_images
from sign2gpt.video.decode import iter_frames, probe
from sign2gpt.video.images import decode_images

STORED = quadrants()
TURNS: dict[tuple[float, bool, bool], np.ndarray] = {
    (0, False, False): STORED,
    (90, False, False): np.rot90(STORED),
    (180, False, False): np.rot90(STORED, 2),
    (270, False, False): np.rot90(STORED, 3),
    (0, True, False): STORED[:, ::-1],
    (0, False, True): STORED[::-1],
    (90, True, False): np.rot90(STORED)[:, ::-1],
    (90, False, True): np.rot90(STORED)[::-1],
}
"""Degrees counter-clockwise, then mirrored, then upside down: what is shown."""


def colours(frame: np.ndarray) -> list[tuple[int, ...]]:
    """Of the corners, row by row, each channel 0 or 1."""
    height, width = frame.shape[:2]
    corners = [frame[y, x] for y in (height // 4, -height // 4) for x in (width // 4, -width // 4)]
    return [tuple(int(channel > 128) for channel in corner) for corner in corners]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("turned", TURNS)
def test_a_display_matrix_is_followed(tmp_path: Path, turned: tuple[float, bool, bool], suffix: str) -> None:
    path = record(tmp_path / f"phone{suffix}", [STORED] * 3, [0, 0.04, 0.08], turned=turned)
    (frame, *_) = iter_frames(path, frame_rate=25, size=None)
    assert frame.shape == TURNS[turned].shape
    assert colours(frame) == colours(TURNS[turned])
    about = probe(path)
    assert (about.height, about.width) == frame.shape[:2]
    (square, *_) = iter_frames(path, frame_rate=25, size=32)
    assert colours(square) == colours(TURNS[turned])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_an_images_orientation_is_followed(tmp_path: Path, suffix: str, orientation: int) -> None:
    image, path = Image.fromarray(STORED), tmp_path / f"1{suffix}"
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, quality=95)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(path)))[..., :3]
    found = [next(iter_frames(tmp_path, frame_rate=25, size=None)), next(iter_frames(path, frame_rate=None, size=None))]
    if suffix != ".webp":
        found += [*decode_images([("x", path.read_bytes())], "png" if suffix == ".png" else "mjpeg", size=None)]
        (square,) = read_images([path], size=32, fit="stretch")
        assert colours(square if isinstance(square, np.ndarray) else square.to_ndarray(format="rgb24")) == colours(
            shown
        )
    for frame in found:
        assert frame.shape == shown.shape
        assert np.abs(frame.astype(int) - shown).mean() < 5


def test_an_image_that_tells_no_orientation_is_upright() -> None:
    held = io.BytesIO()
    image = Image.fromarray(STORED)
    exif = image.getexif()
    exif[0x010F] = "a camera"
    image.save(held, "jpeg", exif=exif, quality=95)
    (frame,) = decode_images([("x", held.getvalue())], "mjpeg", size=None)
    assert np.abs(frame.astype(int) - STORED).mean() < 5
