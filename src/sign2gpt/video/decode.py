"""Clips out of video files: any rate, any shape, in, RGB frames at the wanted rate and size out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from sign2gpt.common.errors import UserError
from sign2gpt.video.container import IMAGE_RATE, Picture, VideoFile, duration_of, images_in, opened, pictures, rate_of
from sign2gpt.video.geometry import Box, Fit, Fitter, upright_size

MAX_SECONDS = 300.0
"""Longest clip that `read_clip` holds in memory; `iter_frames` has no such limit."""
MAX_BYTES = 4 << 30
"""Most memory that `read_clip` fills with frames."""


@dataclass(frozen=True)
class Clip:
    """A clip in memory.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        frame_rate: frames a second.
    """

    frames: np.ndarray
    frame_rate: float


@dataclass(frozen=True)
class ClipInfo:
    """What a video says about itself: upright size in pixels, mean frames a second, seconds, frames (if told)."""

    width: int
    height: int
    frame_rate: float
    duration_s: float
    num_frames: int | None


def probe(path: VideoFile) -> ClipInfo:
    """Reads a video's header and its first frame.

    Raises:
        UserError: the file is absent, holds no video, or its first frame cannot be decoded.
    """
    first = next(pictures(path, 0.0, IMAGE_RATE)).frame
    width, height = upright_size(first)
    if isinstance(path, Path) and path.is_dir():
        count = len(images_in(path))
        return ClipInfo(width, height, IMAGE_RATE, count / IMAGE_RATE, count)
    with opened(path) as (container, stream):
        rate, duration_s, count = rate_of(stream), duration_of(container, stream), stream.frames or None
    if duration_s is None:
        duration_s = max(picture.time_s + picture.duration_s for picture in pictures(path, 0.0, IMAGE_RATE))
    return ClipInfo(width, height, rate, duration_s, count)


def held_seconds(path: Path) -> float:
    """Seconds of video that a file really holds, fewer than `probe` tells where it is cut; nothing is decoded.

    Raises:
        UserError: as `probe`.
    """
    if path.is_dir():
        return len(images_in(path)) / IMAGE_RATE
    with opened(path) as (container, stream):
        base, step = float(stream.time_base or 0), 1 / rate_of(stream)
        whole = (packet for packet in container.demux(stream) if packet.size and not packet.is_corrupt)
        spans = [(p.pts * base, max((p.duration or 0) * base, step)) for p in whole if p.pts is not None]
    if not spans:  # raw streams tell no times
        return math.inf
    return max(start + duration for start, duration in spans) - min(start for start, _ in spans)


def iter_frames(
    path: VideoFile,
    *,
    frame_rate: float | None,
    size: int | None,
    fit: Fit = "stretch",
    start_s: float = 0.0,
    end_s: float | None = None,
    crop: Box | None = None,
) -> Iterator[np.ndarray]:
    """Yields the frames of a video one by one, (H, W, 3) uint8 RGB, upright; memory does not grow with its length.

    Args:
        path: any file that FFmpeg plays, or a folder of images in natural order of their names.
        frame_rate: frames a second wanted: at each tick the picture nearest in time is taken, repeated or left out
            as need be; none takes each picture once. Images are taken to be at this rate already.
        size: side of the square frames in pixels; none keeps the video's shape.
        fit: ``stretch`` to the square, ``pad`` with black, or ``crop`` the longer side.
        start_s: where to begin, in seconds from the start of the video.
        end_s: where to end (exclusive); none, or past the end: the end of the video.
        crop: (x, y, width, height) in pixels of the upright picture, cut out before the fit.

    Raises:
        UserError: the video is absent, damaged or ends before its declared time (frames before that place have been
            yielded), the cut holds no frame, the crop leaves the picture, or images of a folder differ in size.
    """
    if start_s < 0 or not math.isfinite(start_s) or (end_s is not None and not end_s > start_s):
        raise UserError(f"{path}: a cut from {start_s} s to {end_s} s is empty; its start must come before its end")
    shown = pictures(path, start_s, frame_rate or IMAGE_RATE)
    end_s = math.inf if end_s is None else end_s
    chosen = _as_they_come(shown, start_s, end_s) if frame_rate is None else _at(frame_rate, shown, start_s, end_s)
    fitter = Fitter(size, fit, crop, str(path))
    last, frame = None, None
    for picture in chosen:
        if frame is None or picture is not last:
            shape = None if frame is None else frame.shape
            last, frame = picture, fitter(picture)
            if shape not in (None, frame.shape):
                raise UserError(f"{path}: the size of its pictures changes on the way; give a size to bring them to")
        yield frame
    if frame is None:
        raise UserError(f"{path}: the video is over before {start_s} s, where the cut should start")


def read_clip(
    path: VideoFile,
    *,
    frame_rate: float | None,
    size: int | None,
    fit: Fit = "stretch",
    start_s: float = 0.0,
    end_s: float | None = None,
    crop: Box | None = None,
    max_seconds: float = MAX_SECONDS,
) -> Clip:
    """Reads a whole clip into memory; arguments as in `iter_frames`.

    Raises:
        UserError: as `iter_frames`; also where the clip is longer than ``max_seconds`` or over `MAX_BYTES`.
    """
    rate = frame_rate or probe(path).frame_rate
    most = max(1, math.ceil(max_seconds * rate))
    frames: list[np.ndarray] = []
    for frame in iter_frames(path, frame_rate=frame_rate, size=size, fit=fit, start_s=start_s, end_s=end_s, crop=crop):
        frames.append(frame)
        if len(frames) > most:
            raise UserError(f"{path}: longer than {max_seconds:g} s; cut it with start and end")
        if len(frames) * frame.nbytes > MAX_BYTES:
            raise UserError(f"{path}: over {MAX_BYTES >> 30} GB of frames; cut it shorter or ask for a smaller size")
    return Clip(np.stack(frames), rate)


def read_frames(path: VideoFile, indices: Sequence[int]) -> np.ndarray:
    """Reads chosen frames of a stored clip as they are; the others are decoded but not converted.

    Args:
        indices: of the frames, ascending, counted from the start of the video.

    Returns:
        (len(indices), H, W, 3) uint8 RGB.

    Raises:
        UserError: the clip is absent or damaged, or has fewer frames.
    """
    fitter, wanted = Fitter(None, "stretch", None, str(path)), set(indices)
    shown = enumerate(pictures(path, 0.0, IMAGE_RATE))
    frames = [fitter(picture.frame) for index, picture in shown if index in wanted]
    if len(frames) < len(wanted):
        raise UserError(f"{path}: has no frame {max(wanted)}; run `sign2gpt check` on its corpus")
    return np.stack(frames)


def _as_they_come(shown: Iterator[Picture], start_s: float, end_s: float) -> Iterator[VideoFrame]:
    for picture in shown:
        if picture.time_s >= end_s - 1e-6:
            return
        if picture.time_s >= start_s - 1e-6:
            yield picture.frame


def _at(rate: float, shown: Iterator[Picture], start_s: float, end_s: float) -> Iterator[VideoFrame]:
    """At each tick ``start_s + n / rate`` the picture whose start is nearest; as many ticks as the seconds round to."""
    tick, ticks, previous = 0, _ticks(end_s - start_s, rate), None
    for picture in shown:
        if previous is not None:
            middle = (previous.time_s + picture.time_s) / 2 - 1e-6
            while tick < ticks and start_s + tick / rate < middle:
                yield previous.frame
                tick += 1
        if tick >= ticks:
            return
        previous = picture
    if previous is None or start_s >= previous.time_s + previous.duration_s:
        return
    ticks = min(ticks, _ticks(previous.time_s + previous.duration_s - start_s, rate))
    while tick < ticks:
        yield previous.frame
        tick += 1


def _ticks(seconds: float, rate: float) -> float:
    return max(1, math.floor(seconds * rate + 0.5 + 1e-6)) if math.isfinite(seconds) else math.inf
