"""From decoded pictures to upright RGB frames of one size."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from sign2gpt.common.errors import UserError
from sign2gpt.video.orientation import UPRIGHT, Turn

Fit = Literal["stretch", "pad", "crop"]
Box = tuple[int, int, int, int]
Frame = np.ndarray | VideoFrame
"""A frame to write: (H, W, 3) uint8 RGB, or already in `STORED`."""
STORED = "yuv420p"
"""Pixel format of stored clips; their colours are BT.601 of limited range, which readers assume."""


class Picture(NamedTuple):
    """A decoded frame, its orientation, and when it is shown.

    Attributes:
        turn: what makes it upright.
        aspect: width of a stored pixel over its height.
        time_s, duration_s: when it is shown, in seconds of the player's clock, and how long; before a gap, as long as
            usual.
    """

    frame: VideoFrame
    turn: Turn = UPRIGHT
    aspect: float = 1.0
    time_s: float = 0.0
    duration_s: float = 0.0

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height in stored pixels."""
        return self.turn.size(self.frame.width, self.frame.height)

    @property
    def upright_aspect(self) -> float:
        """Width of a pixel over its height when the picture is upright."""
        return 1 / self.aspect if self.turn.transposed else self.aspect


class Fitter:
    """Turns pictures upright, cuts them and brings them to a square.

    A picture of another size than the first is brought to that size, with black where its shape differs.

    Args:
        size: side of the frames in pixels; None keeps the size of the first picture.
        fit: ``stretch`` to the square, ``pad`` with black, or ``crop`` the longer side.
        crop: (x, y, width, height) in pixels of the upright picture, cut out first.
        where: the file's name for errors.
    """

    def __init__(self, size: int | None, fit: Fit, crop: Box | None, where: str) -> None:
        self.size, self.fit, self.crop, self.where = size, fit, crop, where
        self._first: tuple[int, int] | None = None
        self._made: tuple[Picture, np.ndarray] | None = None
        self._convert = VideoReformatter()
        self._scale = VideoReformatter()

    def __call__(self, picture: Picture) -> np.ndarray:
        """(H, W, 3) uint8 RGB; the same array for the same picture again."""
        if self._made is None or picture is not self._made[0]:
            self._made = picture, self._fitted(picture)
        return self._made[1]

    def stored(self, picture: Picture) -> Frame:
        """The same in `STORED`, where one conversion suffices, not two with RGB between them."""
        size = self.size or 0
        direct = picture.turn == UPRIGHT and self.crop is None and self.fit == "stretch" and size and size % 2 == 0
        if not direct or self._first not in (None, picture.upright_size):
            return self(picture)
        self._first = picture.upright_size
        return self._scale.reformat(
            picture.frame,
            size,
            size,
            STORED,
            dst_colorspace=Colorspace.ITU601,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )

    def _fitted(self, picture: Picture) -> np.ndarray:
        frame, turn, aspect = picture.frame, picture.turn, picture.upright_aspect
        self._first = self._first or picture.upright_size
        if picture.upright_size != self._first:
            frame, turn = VideoFrame.from_ndarray(self._as_first(picture, *self._first)), UPRIGHT
        if self.crop is not None:
            upright = _rgb(self._convert, frame, frame.width, frame.height, turn)
            frame, turn = VideoFrame.from_ndarray(self._cut(upright, self.crop)), UPRIGHT
        width, height = self._scaled(*turn.size(frame.width, frame.height), aspect)
        made = _rgb(self._scale, frame, *turn.size(width, height), turn)
        return made if self.size is None else _centred(made, self.size, self.size)

    def _as_first(self, picture: Picture, width: int, height: int) -> np.ndarray:
        """An upright frame of the first picture's ``width`` and ``height``."""
        own = picture.upright_size
        share = min(width / own[0], height / own[1])
        size = picture.turn.size(*(max(1, round(side * share)) for side in own))
        return _centred(_rgb(self._convert, picture.frame, *size, picture.turn), height, width)

    def _scaled(self, width: int, height: int, aspect: float) -> tuple[int, int]:
        """Size to which an upright picture of ``width`` x ``height`` pixels is scaled."""
        if self.size is None:
            return width, height
        if self.fit == "stretch":
            return self.size, self.size
        side = max(width * aspect, height) if self.fit == "pad" else min(width * aspect, height)
        return max(1, round(width * aspect * self.size / side)), max(1, round(height * self.size / side))

    def _cut(self, frame: np.ndarray, box: Box) -> np.ndarray:
        x, y, width, height = box
        if min(x, y) < 0 or min(width, height) < 1 or x + width > frame.shape[1] or y + height > frame.shape[0]:
            shape = f"{frame.shape[1]}x{frame.shape[0]}"
            raise UserError(f"{self.where}: crop {x},{y},{width},{height} (x,y,width,height) leaves its {shape} pixels")
        return np.ascontiguousarray(frame[y : y + height, x : x + width])


def _rgb(reformatter: VideoReformatter, picture: VideoFrame, width: int, height: int, turn: Turn) -> np.ndarray:
    # one thread: swscale's own cost more than a small frame
    frame = reformatter.reformat(picture, width=width, height=height, format="rgb24", threads=1).to_ndarray()
    return frame if turn == UPRIGHT else turn.apply(frame)


def _centred(frame: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle ``height`` x ``width`` pixels; black where there are fewer."""
    for axis, size in enumerate((height, width)):
        spare = frame.shape[axis] - size
        if spare > 0:
            frame = frame.take(range(spare // 2, spare // 2 + size), axis=axis)
        elif spare < 0:
            widths = [(0, 0)] * 3
            widths[axis] = (-spare // 2, -spare - -spare // 2)
            frame = np.pad(frame, widths)
    return frame
