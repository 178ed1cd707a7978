"""How a stored picture is turned and mirrored to be upright: the eight orientations of displays and of EXIF."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

_EXIF_ORIENTATION = 0x0112


class Turn(NamedTuple):
    """From a stored picture to an upright one: rows become columns first, then either axis is mirrored."""

    transposed: bool = False
    upside_down: bool = False
    mirrored: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height on the other side of this turn, whichever side they are of."""
        return (height, width) if self.transposed else (width, height)

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """The upright picture (H', W', ...) of a stored one (H, W, ...), contiguous."""
        if self.transposed:
            picture = picture.swapaxes(0, 1)
        rows, columns = (slice(None, None, -1 if back else None) for back in (self.upside_down, self.mirrored))
        return np.ascontiguousarray(picture[rows, columns])


UPRIGHT = Turn()
_BY_EXIF = {
    2: Turn(mirrored=True),
    3: Turn(upside_down=True, mirrored=True),
    4: Turn(upside_down=True),
    5: Turn(transposed=True),
    6: Turn(transposed=True, mirrored=True),
    7: Turn(transposed=True, upside_down=True, mirrored=True),
    8: Turn(transposed=True, upside_down=True),
}


def turn_of(frame: VideoFrame, source: Path | Callable[[], bytes]) -> Turn:
    """The turn that a video's display matrix, or an image's EXIF orientation, asks for.

    Args:
        source: the file of the frame, or a function that reads its content.
    """
    try:
        matrix = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV cannot list side data of a type that it does not know, such as EXIF
        return _of_exif(source)
    return UPRIGHT if matrix is None else _of_matrix(np.frombuffer(bytes(matrix), np.int32))


def _of_matrix(matrix: np.ndarray) -> Turn:
    """Of FFmpeg's 3x3 display matrix, row by row; angles between are rounded to quarter turns."""
    a, b, _, c, d = (int(value) for value in matrix[:5])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(False, d < 0, a < 0)
    return Turn(True, b < 0, c < 0)


def _of_exif(source: Path | Callable[[], bytes]) -> Turn:
    try:
        with Image.open(source if isinstance(source, Path) else io.BytesIO(source())) as image:
            return _BY_EXIF.get(image.getexif().get(_EXIF_ORIENTATION, 1), UPRIGHT)
    except (OSError, ValueError, SyntaxError):  # no image file, such as a video of JPEG pictures
        return UPRIGHT
