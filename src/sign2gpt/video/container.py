"""Pictures with their times out of any video file, GIF or folder of images; what is wrong with a file, in one line."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import av
import av.logging
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import check_file

MAX_PIXELS = 8192 * 4608
"""Largest picture that is decoded, in pixels: an 8K frame."""
IMAGE_RATE = 25.0
"""Images a second in a folder of images, where no other rate is wanted (PHOENIX14T's)."""
IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
SEEK_S = 5.0
"""Cuts that start later than this are sought in MP4 and Matroska: at a key frame `SEEK_MARGIN_S` before, or earlier."""
SEEK_MARGIN_S = 2.0
LONGEST_STILL_S = 300.0
"""A picture that is shown for longer has a damaged time: at each tick it would become a frame."""
MISSING_S = 0.25
"""A file that ends this many seconds before the time it declares is taken for cut."""

_SOUGHT = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}  # others miss the key frame or its time, and are read through
_NO_VIDEO = {"tty", "hls", "dash", "concat"}  # text shown as pictures, and lists of other files

av.logging.set_libav_level(av.logging.PANIC)


@runtime_checkable
class VideoFile(Protocol):
    """A `Path`, or what has a video's bytes elsewhere, as inside an archive; as text it is what errors call it."""

    def exists(self) -> bool: ...
    def read_bytes(self) -> bytes: ...


class Picture(NamedTuple):
    """A decoded frame, shown from ``time_s`` (seconds from the start of the video) for ``duration_s``."""

    time_s: float
    duration_s: float
    frame: VideoFrame


@contextmanager
def opened(path: VideoFile) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Opens a video file; one that is no `Path` is read into memory whole.

    Raises:
        UserError: no such file, no video in it, or pictures over `MAX_PIXELS`; and any FFmpeg error inside the block.
    """
    if not path.exists():
        raise UserError(f"{path}: no such video file")
    if isinstance(path, Path):
        check_file(path)
        if path.stat().st_size == 0:
            raise UserError(f"{path}: the video file is empty; copy it again")
    # "file:" keeps a colon in a name from being read as a protocol; the whitelist keeps a file off the network
    source = f"file:{path}" if isinstance(path, Path) else io.BytesIO(path.read_bytes())
    try:
        with av.open(source, "r", metadata_errors="replace", options={"protocol_whitelist": "file"}) as container:
            found = [s for s in container.streams.video if s.codec_context is not None]  # none: of a codec unknown here
            streams = [s for s in found if not s.disposition & Disposition.attached_pic]
            if not streams or container.format.name in _NO_VIDEO:
                raise UserError(f"{path}: no video in this file; give one that FFmpeg plays")
            _check_pixels(path, streams[0])
            yield container, streams[0]
    except FFmpegError as error:
        raise UserError(f"{path}: damaged, or no video that FFmpeg reads ({error.strerror})") from None


def rate_of(stream: VideoStream) -> float:
    """Frames a second as FFmpeg guesses them from the whole header, `IMAGE_RATE` where a file does not tell."""
    return float(stream.guessed_rate or stream.average_rate or IMAGE_RATE)


def duration_of(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds that the header declares for the video, none where it declares none."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


def images_in(folder: Path) -> list[Path]:
    """The images of a folder, ``2.png`` before ``10.png``.

    Raises:
        UserError: there is none.
    """
    images = [path for path in folder.iterdir() if path.suffix.lower() in IMAGES and not path.name.startswith(".")]
    if not images:
        raise UserError(f"{folder}: no images in this folder ({', '.join(sorted(IMAGES))})")
    return sorted(images, key=lambda path: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", path.name)])


def pictures(path: VideoFile, start_s: float, image_rate: float) -> Iterator[Picture]:
    """Yields the pictures of a video in order, from one at or before ``start_s`` on (where the format can seek).

    Raises:
        UserError: the file is absent, damaged, cut, or holds no picture.
    """
    if isinstance(path, Path) and path.is_dir():
        for index, image in enumerate(images_in(path)):
            yield Picture(index / image_rate, 1 / image_rate, next(_decoded(image, 0.0)).frame)
    else:
        yield from _decoded(path, start_s)


def begins(path: VideoFile) -> float:
    """When the first picture is shown, in seconds of the file's own clock, which its other streams go by too.

    Raises:
        UserError: the file is absent or damaged, or holds no picture.
    """
    with opened(path) as (container, stream):
        first = next(container.decode(stream), None)
        if first is None:
            raise UserError(f"{path}: no frame in it can be decoded; copy it again")
        return 0.0 if container.format.name == "avi" else first.time or 0.0  # avi tells no times, all begins at once


def _decoded(path: VideoFile, start_s: float) -> Iterator[Picture]:
    with opened(path) as (container, stream):
        if stream.codec_context.width * stream.codec_context.height < 512 * 512:
            stream.codec_context.thread_count = 1
        else:
            stream.thread_type = "AUTO"
        base = float(stream.time_base or 1 / IMAGE_RATE)
        origin = _seek(container, stream, int((start_s - SEEK_MARGIN_S) / base)) if start_s > SEEK_S else None
        declared, step, reached = duration_of(container, stream), 1 / rate_of(stream), 0.0
        in_decoding_order = container.format.name == "avi"  # it tells no other times
        try:
            for frame in container.decode(stream):
                told = frame.dts if in_decoding_order else frame.pts
                origin = told if origin is None else origin
                time_s = reached if told is None or origin is None else (told - origin) * base
                duration_s = frame.duration * base if frame.duration else step
                if frame.is_corrupt and time_s >= start_s:
                    raise UserError(f"{path}: damaged at {time_s:.2f} s; copy it again or end the cut before")
                if max(duration_s, time_s - reached if reached else 0.0) > LONGEST_STILL_S:
                    raise UserError(f"{path}: one picture lasts over {LONGEST_STILL_S:g} s; its times are damaged")
                reached = time_s + duration_s
                yield Picture(time_s, duration_s, frame)
        except FFmpegError as error:
            raise UserError(f"{path}: damaged at {reached:.2f} s ({error.strerror}); copy it again") from None
        if reached == 0.0:
            raise UserError(f"{path}: no frame in it can be decoded; copy it again")
        if declared is not None and reached < declared - MISSING_S:
            raise UserError(f"{path}: ends at {reached:.2f} s of {declared:.2f} s, so it is cut; copy it again")


def _seek(container: InputContainer, stream: VideoStream, offset: int) -> int | None:
    """Goes to a key frame before ``offset`` ticks from the first frame, whose time it gives; none where it stayed."""
    if container.format.name not in _SOUGHT or container.duration is None:
        return None
    first = next(container.decode(stream), None)
    if first is None or first.pts is None:
        return None
    container.seek(offset + first.pts, stream=stream)
    return first.pts


def _check_pixels(path: VideoFile, stream: VideoStream) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise UserError(f"{path}: {width}x{height} is over {MAX_PIXELS:,} pixels a frame; make it smaller first")
