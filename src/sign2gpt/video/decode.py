"""Clips from video files: any rate and shape in, RGB frames of the wanted rate and size out."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.video.clock import IMAGE_RATE, PACKETS, declared_end, end_of, rate_of, spans, zero_of
from sign2gpt.video.container import LONGEST_STILL_S, VideoFile, images_in, opened, pictures
from sign2gpt.video.geometry import Box, Fit, Fitter, Frame, Picture

MAX_SECONDS = 300.0
"""Longest clip that `read_clip` holds in memory; `iter_frames` has no such limit."""
MAX_BYTES = 4 << 30
"""Most memory that `read_clip` fills with frames."""


@dataclass(frozen=True)
class Clip:
    """A clip in memory.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        frame_rate: frames per second.
        start_s: when the first frame is shown, in seconds of the player's clock.
        duration_s: seconds of all frames, including those that were not kept.
    """

    frames: np.ndarray
    frame_rate: float
    start_s: float
    duration_s: float


@dataclass(frozen=True)
class ClipInfo:
    """Size, rate and length of a video.

    Attributes:
        width, height: of the upright picture, in stored pixels.
        frame_rate: mean frames per second.
        duration_s: seconds from the start of the file, where players show 0, to the end of its last picture.
        num_frames: None where the file does not state it.
        aspect: width of a pixel over its height, upright.
    """

    width: int
    height: int
    frame_rate: float
    duration_s: float
    num_frames: int | None
    aspect: float = 1.0


def probe(path: VideoFile) -> ClipInfo:
    """Reads a video's header and its first frame; without a length in the header, all packets.

    Raises:
        UserError: the file is absent, contains no video, or its first frame cannot be decoded.
    """
    first = next(pictures(path, 0.0, IMAGE_RATE))
    (width, height), aspect = first.upright_size, first.upright_aspect
    if isinstance(path, Path) and path.is_dir():
        count = len(images_in(path))
        return ClipInfo(width, height, IMAGE_RATE, count / IMAGE_RATE, count, aspect)
    with opened(path) as (container, stream):
        duration_s, count = declared_end(container, stream), stream.frames or None
        found = spans(container, stream, PACKETS if duration_s is not None else None)
        rate = rate_of(stream, found[:PACKETS])
        if duration_s is None:
            duration_s = end_of(stream, found) - zero_of(container)
    if math.isinf(duration_s):
        duration_s = max(picture.time_s + picture.duration_s for picture in pictures(path, 0.0, IMAGE_RATE))
    return ClipInfo(width, height, rate, duration_s, count, aspect)


def held_seconds(path: Path) -> float:
    """Seconds of video that a file really contains, fewer than in `probe` if it is cut; nothing is decoded.

    Raises:
        UserError: as `probe`.
    """
    if path.is_dir():
        return len(images_in(path)) / IMAGE_RATE
    with opened(path) as (container, stream):
        return end_of(stream, spans(container, stream)) - zero_of(container)


class Cut(TypedDict, total=False):
    """Which part of a video is read, and how its pictures become square.

    Attributes:
        fit: ``stretch`` to the square, ``pad`` with black, or ``crop`` the longer side. [default: stretch]
        start_s: start in seconds from the start of the file, as players count them. [default: 0]
        end_s: end (exclusive); None, or past the end: the end of the video. [default: None]
        crop: (x, y, width, height) in pixels of the upright picture, cut out before the fit. [default: None]
    """

    fit: Fit
    start_s: float
    end_s: float | None
    crop: Box | None


def iter_frames(
    path: VideoFile, *, frame_rate: float | None, size: int | None, **cut: Unpack[Cut]
) -> Iterator[np.ndarray]:
    """Yields the frames of a video one by one, (H, W, 3) uint8 RGB, upright; memory does not grow with its length.

    Where the file has no picture yet, as in a recording whose sound starts earlier, and in gaps of over
    `LONGEST_STILL_S`, there are no frames; `iter_stretches` gives the time of each part.

    Args:
        path: any file that FFmpeg plays, or a folder of images in natural order of their names.
        frame_rate: wanted frames per second: each tick takes the picture nearest in time, repeated or left out as
            needed; None takes each picture once. Images are taken to be at this rate already.
        size: side of the square frames in pixels; None keeps the stored pixels, oblong ones too. A picture of another
            size than the first is scaled to the first one's.
        cut: as `Cut` describes.

    Raises:
        UserError: the video is absent, damaged or ends before its declared time (frames before that place have been
            yielded), the cut contains no frame, or the crop leaves the picture.
    """
    yield from shown_frames(path, frame_rate=frame_rate, size=size, **cut)[1]


def shown_frames(
    path: VideoFile, *, frame_rate: float | None, size: int | None, **cut: Unpack[Cut]
) -> tuple[float, Iterator[np.ndarray]]:
    """When the first frame is shown, in seconds of the player's clock, and the frames of `iter_frames`.

    Raises:
        UserError: as `iter_frames`.
    """
    stretches = iter_stretches(path, frame_rate=frame_rate, size=size, **cut)
    first = next(stretches, None)
    if first is None:
        raise _over(path, cut)
    return first[0], chain(first[1], chain.from_iterable(frames for _, frames in stretches))


def frames_to_store(path: VideoFile, *, frame_rate: float, size: int, **cut: Unpack[Cut]) -> Iterator[Frame]:
    """The frames of `iter_frames` for `write_clip`."""
    fitter, empty = _fitter(path, size, cut), True
    for _, shown in _stretches(path, frame_rate, cut):
        empty = False
        yield from map(fitter.stored, shown)
    if empty:
        raise _over(path, cut)


def iter_stretches(
    path: VideoFile, *, frame_rate: float | None, size: int | None, **cut: Unpack[Cut]
) -> Iterator[tuple[float, Iterator[np.ndarray]]]:
    """The frames of `iter_frames` in stretches without a gap, each with its start in seconds of the player's clock.

    Take the frames of a stretch before the next stretch.

    Raises:
        UserError: as `iter_frames`, but not where there is no frame.
    """
    fitter = _fitter(path, size, cut)
    for begin_s, shown in _stretches(path, frame_rate, cut):
        yield begin_s, map(fitter, shown)


def read_clip(
    path: VideoFile,
    *,
    frame_rate: float | None,
    size: int | None,
    every: int = 1,
    max_seconds: float = MAX_SECONDS,
    **cut: Unpack[Cut],
) -> Clip:
    """Reads a whole clip into memory; other arguments as in `iter_frames`.

    Args:
        every: keep only each such frame, from the first on; the others are decoded but not converted.

    Raises:
        UserError: as `iter_frames`; also where the clip is longer than ``max_seconds`` or over `MAX_BYTES`.
    """
    rate = frame_rate or probe(path).frame_rate
    most = max(1, math.ceil(max_seconds * rate))
    fitter, kept, begins_s, count = _fitter(path, size, cut), deque[np.ndarray](), list[float](), 0
    for begin_s, shown in _stretches(path, frame_rate, cut):
        begins_s.append(begin_s)
        for picture in shown:
            if count == most:
                raise UserError(f"{path}: longer than {max_seconds:g} s; cut it with start and end")
            if count % every == 0:
                kept.append(fitter(picture))
                if len(kept) * kept[-1].nbytes > MAX_BYTES:
                    raise UserError(f"{path}: over {MAX_BYTES >> 30} GB of frames; cut it or ask for a smaller size")
            count += 1
    if not count:
        raise _over(path, cut)
    return Clip(_joined(kept), rate / every, begins_s[0], count / rate)


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
    frames = [fitter(picture) for index, picture in shown if index in wanted]
    if len(frames) < len(wanted):
        raise UserError(f"{path}: has no frame {max(wanted)}; run `sign2gpt check` on its corpus")
    return np.stack(frames)


def _fitter(path: VideoFile, size: int | None, cut: Cut) -> Fitter:
    return Fitter(size, cut.get("fit", "stretch"), cut.get("crop"), str(path))


def _joined(frames: deque[np.ndarray]) -> np.ndarray:
    """Frames in one array; each is released when it is copied, so that memory contains them once."""
    joined = np.empty((len(frames), *frames[0].shape), np.uint8)
    for index in range(len(joined)):
        joined[index] = frames.popleft()
    return joined


def _stretches(path: VideoFile, frame_rate: float | None, cut: Cut) -> Iterator[tuple[float, Iterator[Picture]]]:
    """The pictures that become the frames of `iter_stretches`; one that is shown at several ticks is repeated."""
    start_s, end_s = cut.get("start_s", 0.0), cut.get("end_s")
    if start_s < 0 or not math.isfinite(start_s) or (end_s is not None and not end_s > start_s):
        raise UserError(f"{path}: a cut from {start_s} s to {end_s} s is empty; its start must come before its end")
    end_s = math.inf if end_s is None else end_s
    for shown in _without_gaps(_until(end_s, pictures(path, start_s, frame_rate or IMAGE_RATE))):
        first = next(shown)
        begin_s, stretch = max(start_s, first.time_s), chain([first], shown)
        if begin_s < end_s - 1e-6:
            chosen = _at(frame_rate, stretch, begin_s, end_s) if frame_rate else _each_once(stretch, begin_s, end_s)
            earliest = next(chosen, None)
            if earliest is not None:
                yield begin_s, chain([earliest], chosen)


def _until(end_s: float, shown: Iterator[Picture]) -> Iterator[Picture]:
    """Pictures up to the first that starts at ``end_s`` or later."""
    for picture in shown:
        yield picture
        if picture.time_s >= end_s - 1e-6:
            return


def _without_gaps(shown: Iterator[Picture]) -> Iterator[Iterator[Picture]]:
    """Pictures in groups; a new group begins after `LONGEST_STILL_S` without a picture."""
    last_s, number = math.inf, 0

    def group(picture: Picture) -> int:
        nonlocal last_s, number
        number += picture.time_s - last_s > LONGEST_STILL_S
        last_s = picture.time_s
        return number

    return (members for _, members in groupby(shown, group))


def _each_once(shown: Iterator[Picture], start_s: float, end_s: float) -> Iterator[Picture]:
    return (picture for picture in shown if start_s - 1e-6 <= picture.time_s < end_s - 1e-6)


def _at(rate: float, shown: Iterator[Picture], start_s: float, end_s: float) -> Iterator[Picture]:
    """At each tick ``start_s + n / rate`` the picture whose start is nearest; as many ticks as the seconds round to."""
    tick, ticks, previous = 0, _ticks(end_s - start_s, rate), None
    for picture in shown:
        if previous is not None:
            middle = (previous.time_s + picture.time_s) / 2 - 1e-6
            while tick < ticks and start_s + tick / rate < middle:
                yield previous
                tick += 1
        previous = picture
    if previous is None or start_s >= previous.time_s + previous.duration_s:
        return
    ticks = min(ticks, _ticks(previous.time_s + previous.duration_s - start_s, rate))
    while tick < ticks:
        yield previous
        tick += 1


def _over(path: VideoFile, cut: Cut) -> UserError:
    start_s = cut.get("start_s", 0.0)
    return UserError(f"{path}: the video is over before {start_s} s, where the cut should start")


def _ticks(seconds: float, rate: float) -> float:
    return max(1, math.floor(seconds * rate + 0.5 + 1e-6)) if math.isfinite(seconds) else math.inf
