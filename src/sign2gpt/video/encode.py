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
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file

if TYPE_CHECKING:
    from sign2gpt.video.sound import Sound

USUAL = {"crf": "18", "preset": "ultrafast"}
"""Options of x264 that look like the source and take half the time of ``veryfast``, for files 1.6 times as large."""
CONTAINERS = (".mp4", ".mov", ".m4v", ".mkv", ".avi", ".ts", ".h264")


def write_clip(
    path: Path,
    frames: Iterable[np.ndarray],
    frame_rate: float,
    *,
    crf: int = 18,
    preset: str = "ultrafast",
    comment: str = "",
    sound: Sound | None = None,
) -> int:
    """Writes frames as H.264 (yuv420p) in the container that the suffix names; the file is whole or absent.

    The same frames give the same bytes (with the same FFmpeg). An odd side grows by one: its last row or column twice.

    Args:
        frames: (H, W, 3) uint8 RGB each, all of one size.
        frame_rate: frames a second.
        crf: quality, 0 (lossless in luma) to 51; 18 looks like the source.
        preset: of x264; ``ultrafast`` takes half the time of ``veryfast``, for files 1.6 times as large.
        comment: what players show among the file's properties.
        sound: of the frames; it ends with them.

    Returns:
        The number of frames written.

    Raises:
        UserError: there are no frames, or the suffix is of no container for H.264.
    """
    options = {"crf": str(crf), "preset": preset}
    return write_at_ticks(path, enumerate(frames), frame_rate, options=options, comment=comment, sound=sound)


def write_at_ticks(
    path: Path,
    frames: Iterable[tuple[int, np.ndarray]],
    frame_rate: float,
    *,
    options: Mapping[str, str] = USUAL,
    comment: str = "",
    sound: Sound | None = None,
) -> int:
    """As `write_clip`, of frames that each come with their tick: frame n is shown from n / frame_rate seconds on.

    Args:
        frames: ticks ascend; where some have no frame, players go on showing the one before.
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
        stream = _stream(container, first[1], frame_rate, options)
        if sound is not None:
            sound.join(container)
        count = 0
        for tick, frame in chain([first], frames):
            assert frame.dtype == np.uint8, "frames are uint8"
            assert frame.shape == first[1].shape, "frames of a clip have one size"
            picture = VideoFrame.from_ndarray(_even(frame))
            picture.pts = tick
            container.mux(stream.encode(picture))
            count += 1
            if sound is not None:
                container.mux(list(sound.until((tick + 1) / frame_rate)))
        container.mux(stream.encode(None))
    return count


def _stream(
    container: OutputContainer, frame: np.ndarray, frame_rate: float, options: Mapping[str, str]
) -> VideoStream:
    rate = Fraction(frame_rate).limit_denominator(1001)
    stream = container.add_stream("libx264", rate=rate, options=dict(options))
    stream.height, stream.width = (side + side % 2 for side in frame.shape[:2])
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    return stream


def _even(frame: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(frame)
