"""Images in memory into frames: those of a release, from its folders or its archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal

import numpy as np
from av.codec.context import CodecContext
from av.error import FFmpegError
from av.packet import Packet

from sign2gpt.common.errors import UserError
from sign2gpt.video.container import MAX_PIXELS
from sign2gpt.video.geometry import Fit, Fitter, Frame, Picture
from sign2gpt.video.orientation import turn_of

MAX_IMAGE = 16 << 20
"""Most bytes of one image of a release; a 512x512 PNG has half a megabyte."""


def decode_images(
    images: Iterable[tuple[str, bytes]], codec: Literal["png", "mjpeg"], *, size: int | None, fit: Fit = "stretch"
) -> Iterator[np.ndarray]:
    """Yields each image upright as (size, size, 3) uint8 RGB; a size of None keeps that of the first image.

    Args:
        images: names for messages, and contents.

    Raises:
        UserError: an image is damaged, of another kind, or over `MAX_PIXELS`.
    """
    return map(Fitter(size, fit, None, ""), _pictures(images, codec))


def images_to_store(
    images: Iterable[tuple[str, bytes]], codec: Literal["png", "mjpeg"], *, size: int, fit: Fit
) -> Iterator[Frame]:
    """As `decode_images`, for `write_clip`."""
    return map(Fitter(size, fit, None, "").stored, _pictures(images, codec))


def _pictures(images: Iterable[tuple[str, bytes]], codec: Literal["png", "mjpeg"]) -> Iterator[Picture]:
    for name, content in images:
        decoder = CodecContext.create(codec, "r")  # one per image: FFmpeg's decoder for PNG garbles a second one
        decoder.options = {"err_detect": "crccheck+explode", "max_pixels": str(MAX_PIXELS)}
        decoder.thread_count = 1
        try:
            pictures = decoder.decode(Packet(content)) if content else []
        except FFmpegError as error:
            raise UserError(f"{name}: damaged, or no image that FFmpeg reads ({error.strerror})") from None
        if len(pictures) != 1:
            raise UserError(f"{name}: contains no image; copy it again")
        turn = turn_of(pictures[0], partial(bytes, content))
        yield Picture(pictures[0], turn, float(decoder.sample_aspect_ratio or 1))
