"""Frames into H.264 files that every player shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file
from sign2gpt.video.geometry import STORED, Frame

if TYPE_CHECKING:
    from sign2gpt.video.sound import Sound

USUAL = {"crf": "18", "preset": "ultrafast"}
"""Options of x264: looks like the source; half the time of ``veryfast`` for files 1.6 times as large."""
CONTAINERS = (".mp4", ".mov", ".m4v", ".mkv", ".avi", ".ts", ".h264")


def write_clip(
    path: Path,
    frames: Iterable[Frame],
    frame_rate: float,
    *,
    crf: int = 18,
    preset: str = "ultrafast",
    comment: str = "",
    sound: Sound | None = None,
) -> int:
    """Writes frames as H.264 (yuv420p) in the container of the suffix; the file is complete or absent.

    The same frames give the same bytes (with the same FFmpeg). An odd side grows by one: its last row or column twice.

    Args:
        frames: (H, W, 3) uint8 RGB each, or in `STORED`, all of one size.
        frame_rate: frames per second.
        crf: quality, 0 (lossless in luma) to 51; 18 looks like the source.
        preset: of x264; ``ultrafast`` takes half the time of ``veryfast``, for files 1.6 times as large.
        comment: shown by players among the file's properties.
        sound: of the frames; it ends with them.

    Returns:
        The number of frames written.

    Raises:
        UserError: there are no frames, or the suffix names no container for H.264.
    """
    options = {"crf": str(crf), "preset": preset}
    return write_at_ticks(path, enumerate(frames), frame_rate, options=options, comment=comment, sound=sound)


def write_at_ticks(
    path: Path,
    frames: Iterable[tuple[int, Frame]],
    frame_rate: float,
    *,
    options: Mapping[str, str] = USUAL,
    comment: str = "",
    sound: Sound | None = None,
) -> int:
    """As `write_clip`, of frames with their ticks: the frame of tick n is shown from n / frame_rate seconds.

    Args:
        frames: ticks ascend; at ticks without a frame, players keep showing the one before.
        options: of x264.
    """
    if path.suffix.lower() not in CONTAINERS:
        raise UserError(f"{path}: name a video, ending in {', '.join(CONTAINERS)}")
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise UserError(f"{path}: no frames to write")
    with atomic_file(path) as partial, av.open(str(partial), "w", options={"fflags": "+bitexact"}) as container:
        if comment:
            container.metadata["comment"] = comment
        size = _even_size(first[1])
        stream = _stream(container, *size, frame_rate, options)
        if sound is not None:
            sound.join(container)
        count = 0
        for tick, frame in chain([first], frames):
            assert _even_size(frame) == size, "frames of a clip have one size"
            picture = _picture(frame)
            picture.pts, picture.time_base = tick, stream.codec_context.time_base
            container.mux(stream.encode(picture))
            count += 1
            if sound is not None:
                container.mux(list(sound.until((tick + 1) / frame_rate)))
        container.mux(stream.encode(None))
    return count


def _stream(
    container: OutputContainer, width: int, height: int, frame_rate: float, options: Mapping[str, str]
) -> VideoStream:
    rate = Fraction(frame_rate).limit_denominator(1001)
    stream = container.add_stream("libx264", rate=rate, options=dict(options))
    stream.width, stream.height, stream.pix_fmt = width, height, STORED
    stream.codec_context.thread_count, stream.codec_context.time_base = 1, 1 / rate
    return stream


def _even_size(frame: Frame) -> tuple[int, int]:
    """Width and height of a frame in the file."""
    height, width = frame.shape[:2] if isinstance(frame, np.ndarray) else (frame.height, frame.width)
    return width + width % 2, height + height % 2


def _picture(frame: Frame) -> VideoFrame:
    if isinstance(frame, VideoFrame):
        frame.pict_type = PictureType.NONE  # an image's own, or a source's, would be forced on the encoder
        return frame
    assert frame.dtype == np.uint8, "frames are uint8"
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return VideoFrame.from_ndarray(np.ascontiguousarray(frame))
