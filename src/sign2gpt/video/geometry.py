"""From decoded pictures to upright RGB frames of one size."""

from __future__ import annotations

from typing import Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from sign2gpt.common.errors import UserError

Fit = Literal["stretch", "pad", "crop"]
Box = tuple[int, int, int, int]


class Fitter:
    """Turns pictures upright, cuts them and brings them to a square.

    Args:
        size: side of the frames in pixels; none keeps the picture's own.
        fit: ``stretch`` to the square, ``pad`` it with black, or ``crop`` what reaches over it.
        crop: (x, y, width, height) in pixels of the upright picture, cut out first.
        where: the file's name for errors.
    """

    def __init__(self, size: int | None, fit: Fit, crop: Box | None, where: str) -> None:
        self.size, self.fit, self.crop, self.where = size, fit, crop, where
        self._convert = VideoReformatter()
        self._scale = VideoReformatter()

    def __call__(self, picture: VideoFrame) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        turns = quarter_turns(picture)
        if self.crop is not None:
            upright = _rgb(self._convert, picture, picture.width, picture.height, turns)
            picture, turns = VideoFrame.from_ndarray(self._cut(upright, self.crop)), 0
        width, height = self._scaled(*upright_size(picture))
        frame = _rgb(self._scale, picture, *((height, width) if turns % 2 else (width, height)), turns)
        return frame if self.size is None or frame.shape[:2] == (self.size, self.size) else _square(frame, self.size)

    def _scaled(self, width: int, height: int) -> tuple[int, int]:
        if self.size is None:
            return width, height
        if self.fit == "stretch":
            return self.size, self.size
        side = max(width, height) if self.fit == "pad" else min(width, height)
        return max(1, round(width * self.size / side)), max(1, round(height * self.size / side))

    def _cut(self, frame: np.ndarray, box: Box) -> np.ndarray:
        x, y, width, height = box
        if min(x, y) < 0 or min(width, height) < 1 or x + width > frame.shape[1] or y + height > frame.shape[0]:
            shape = f"{frame.shape[1]}x{frame.shape[0]}"
            raise UserError(f"{self.where}: crop {x},{y},{width},{height} (x,y,width,height) leaves its {shape} pixels")
        return np.ascontiguousarray(frame[y : y + height, x : x + width])


def quarter_turns(picture: VideoFrame) -> int:
    """Counter-clockwise quarter turns that bring a picture upright, from the file's rotation flag."""
    return round(picture.rotation / 90) % 4


def upright_size(picture: VideoFrame) -> tuple[int, int]:
    """Width and height in pixels as the picture is meant to be seen."""
    swapped = quarter_turns(picture) % 2
    return (picture.height, picture.width) if swapped else (picture.width, picture.height)


def _rgb(reformatter: VideoReformatter, picture: VideoFrame, width: int, height: int, turns: int) -> np.ndarray:
    # one thread: swscale's own cost more than a small frame
    frame = reformatter.reformat(picture, width=width, height=height, format="rgb24", threads=1).to_ndarray()
    return np.ascontiguousarray(np.rot90(frame, turns)) if turns else frame


def _square(frame: np.ndarray, size: int) -> np.ndarray:
    """The middle ``size`` pixels of each axis; black where there are fewer."""
    for axis in (0, 1):
        spare = frame.shape[axis] - size
        if spare > 0:
            frame = frame.take(range(spare // 2, spare // 2 + size), axis=axis)
        elif spare < 0:
            widths = [(0, 0)] * 3
            widths[axis] = (-spare // 2, -spare - -spare // 2)
            frame = np.pad(frame, widths)
    return frame
