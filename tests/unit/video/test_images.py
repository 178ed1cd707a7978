"""Images held as bytes: each as it is, or refused by its name."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from sign2gpt.common.errors import UserError
from sign2gpt.video.images import decode_images


def noise(count: int) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 255, (count, 26, 21, 3), dtype=np.uint8))


def encoded(picture: np.ndarray, kind: str = "png") -> bytes:
    held = io.BytesIO()
    Image.fromarray(picture).save(held, kind, **({"quality": 95, "subsampling": 0} if kind == "jpeg" else {}))
    return held.getvalue()


def test_every_image_of_many_is_decoded_as_it_is() -> None:
    pictures = noise(5)
    decoded = decode_images([(str(n), encoded(picture)) for n, picture in enumerate(pictures)], "png", size=None)
    np.testing.assert_array_equal(np.stack(list(decoded)), pictures)
    (jpeg,) = decode_images([("x", encoded(np.full((16, 16, 3), 99, np.uint8), "jpeg"))], "mjpeg", size=8)
    assert np.abs(jpeg.astype(int) - 99).max() <= 2


def test_grey_palette_and_transparent_images_become_rgb() -> None:
    picture = Image.fromarray(np.full((20, 20, 3), (200, 100, 50), np.uint8))
    for mode in ("L", "P", "RGBA"):
        held = io.BytesIO()
        picture.convert(mode).save(held, "png")
        (frame,) = decode_images([("x", held.getvalue())], "png", size=10)
        assert frame.shape == (10, 10, 3)
        expected = np.asarray(picture.convert(mode).convert("RGB").resize((10, 10)))
        assert np.abs(frame.astype(int) - expected).max() <= 6


def test_a_cut_or_flipped_image_is_refused_wherever_the_damage_is() -> None:
    whole = encoded(noise(1)[0])
    for kept in range(0, len(whole) - 12, 37):
        with pytest.raises(UserError, match=r"seven\.png"):
            list(decode_images([("seven.png", whole[:kept])], "png", size=8))
    for place in range(40, len(whole) - 12, 97):
        flipped = bytearray(whole)
        flipped[place] ^= 16
        with pytest.raises(UserError, match=r"seven\.png"):
            list(decode_images([("seven.png", bytes(flipped))], "png", size=8))


def test_a_header_of_a_huge_image_is_refused() -> None:
    whole = bytearray(encoded(noise(1)[0]))
    whole[16:24] = (60_000).to_bytes(4, "big") * 2
    whole[29:33] = zlib.crc32(whole[12:29]).to_bytes(4, "big")
    with pytest.raises(UserError, match=r"huge\.png"):
        list(decode_images([("huge.png", bytes(whole))], "png", size=8))
