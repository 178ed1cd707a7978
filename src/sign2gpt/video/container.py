"""Pictures with their times from any video file, GIF or folder of images, and one clear line for a damaged file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import av
import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import check_file
from sign2gpt.video.clock import IMAGE_RATE, declared_end, is_attached, zero_of
from sign2gpt.video.geometry import Picture
from sign2gpt.video.orientation import turn_of
from sign2gpt.video.suffixes import IMAGES

S = TypeVar("S", VideoStream, AudioStream)
MAX_PIXELS = 8192 * 4608
"""Largest picture that is decoded, in pixels: an 8K frame."""
FREE_PIXELS, PIXELS_PER_BYTE = 10**10, 10**5
"""Limit of decoded pixels: for any file (five minutes of 720p have fewer), and in addition for each of its bytes: in a
still screencast, where little is stored, a byte becomes up to 70,000."""
SEEK_S = 5.0
"""In MP4 and Matroska, cuts that start later than this seek to a key frame `SEEK_MARGIN_S` before, or earlier."""
SEEK_MARGIN_S = 2.0
LONGEST_STILL_S = 300.0
"""Longer times without a picture are gaps without frames, as when a camera was off."""
LONGEST_GAP_S = 43_200.0
"""Longer gaps come from damaged times."""
MISSING_S = 0.25
"""A file that ends so many seconds before its declared end counts as cut."""

_SEEKABLE = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}  # others miss the key frame or its time
_NO_VIDEO = {"tty", "hls", "dash", "concat"}  # text shown as pictures, and lists of other files

av.logging.set_libav_level(av.logging.PANIC)


@runtime_checkable
class VideoFile(Protocol):
    """A `Path`, or an object with the bytes of a video, as inside an archive; its text is its name in errors."""

    def exists(self) -> bool: ...
    def read_bytes(self) -> bytes: ...


class _Work:
    """Counts the decoded pixels of ``path``, which has ``size`` bytes."""

    def __init__(self, path: VideoFile, size: int) -> None:
        self.path, self.size, self.most, self.done = path, size, FREE_PIXELS + size * PIXELS_PER_BYTE, 0

    def add(self, width: int, height: int, frames: int = 1) -> None:
        """Raises a `UserError` if these frames are too many."""
        self.done += width * height * frames
        if self.done > self.most:
            done, most = (f"{pixels / 1e9:,.0f} billion pixels" for pixels in (self.done, self.most))
            raise UserError(
                f"{self.path}: its frames of {width}x{height} have {done} or more, over the limit of {most} for a "
                f"file of {self.size:,} bytes; make its frames smaller or cut it shorter"
            )


@contextmanager
def opened(path: VideoFile) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Opens a video file with the stream that players show; one that is not a `Path` is read into memory.

    Raises:
        UserError: no such file, no video in it, or more to decode than `MAX_PIXELS` a picture or `FREE_PIXELS` and
            `PIXELS_PER_BYTE` in all; and any FFmpeg error inside the block.
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
            stream = shown_stream(container.streams.video)
            if stream is None or container.format.name in _NO_VIDEO:
                raise UserError(f"{path}: no video in this file; give one that FFmpeg plays")
            _check_pixels(path, stream)
            _Work(path, container.size).add(stream.codec_context.width, stream.codec_context.height, stream.frames)
            yield container, stream
    except FFmpegError as error:
        raise UserError(f"{path}: damaged, or no video that FFmpeg reads ({error.strerror})") from None


def shown_stream(streams: Sequence[S]) -> S | None:
    """The stream that players choose: the first that is marked as the default, or the first."""
    known = [s for s in streams if s.codec_context is not None and not is_attached(s.disposition)]  # pyright: ignore
    return next((s for s in known if s.disposition & Disposition.default), known[0] if known else None)


def images_in(folder: Path) -> list[Path]:
    """The images of a folder, ``2.png`` before ``10.png``.

    Raises:
        UserError: it has none.
    """
    images = [path for path in folder.iterdir() if path.suffix.lower() in IMAGES and not path.name.startswith(".")]
    if not images:
        raise UserError(f"{folder}: no images in this folder ({', '.join(sorted(IMAGES))})")
    return sorted(images, key=lambda path: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", path.name)])


def pictures(path: VideoFile, start_s: float, image_rate: float) -> Iterator[Picture]:
    """Yields the pictures of a video in order, from one at or before ``start_s`` on (where the format can seek).

    Raises:
        UserError: the file is absent, damaged, cut, or contains no picture.
    """
    if isinstance(path, Path) and path.is_dir():
        images = images_in(path)
        work = _Work(path, sum(image.stat().st_size for image in images))
        for index, image in enumerate(images):
            shown = next(_decoded(image, 0.0))
            work.add(shown.frame.width, shown.frame.height)
            yield shown._replace(time_s=index / image_rate, duration_s=1 / image_rate)
    else:
        yield from _decoded(path, start_s)


def _decoded(path: VideoFile, start_s: float) -> Iterator[Picture]:
    with opened(path) as (container, stream):
        if stream.codec_context.width * stream.codec_context.height < 512 * 512:
            stream.codec_context.thread_count = 1
        else:
            stream.thread_type = "AUTO"
        if start_s > SEEK_S and container.format.name in _SEEKABLE and container.duration is not None:
            _seek(container, stream, start_s - SEEK_MARGIN_S)
        times, work, end_s = _Times(container, stream), _Work(path, container.size), declared_end(container, stream)
        source = path if isinstance(path, Path) else path.read_bytes
        aspect = float(stream.sample_aspect_ratio or 1)
        try:
            for frame in container.decode(stream):
                work.add(frame.width, frame.height)
                before_s, (time_s, duration_s) = times.reached, times.of(frame)
                if frame.is_corrupt and time_s >= start_s:
                    raise UserError(f"{path}: damaged at {time_s:.2f} s; copy it again or end the cut before")
                if before_s and time_s - before_s > LONGEST_GAP_S:
                    raise UserError(
                        f"{path}: no picture for {time_s - before_s:,.0f} s from {before_s:.2f} s on, so its times are "
                        "damaged; write it again with FFmpeg"
                    )
                yield Picture(frame, turn_of(frame, source), aspect, time_s, duration_s)
        except FFmpegError as error:
            raise UserError(f"{path}: damaged at {times.reached:.2f} s ({error.strerror}); copy it again") from None
        if times.last is None:
            raise UserError(f"{path}: no frame in it can be decoded; copy it again")
        if end_s is not None and times.reached < end_s - MISSING_S:
            raise UserError(f"{path}: ends at {times.reached:.2f} s of {end_s:.2f} s, so it is cut; copy it again")


class _Times:
    """When frames are shown, in seconds of the player's clock; the last one from ``last`` to ``reached``."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.reached = 0.0
        self._base = float(stream.time_base or 1 / IMAGE_RATE)
        self._from_zero = container.format.name == "avi"  # it has no times, only the order of decoding
        self._zero = None if self._from_zero else zero_of(container)
        self._timed, self._step = bool(stream.average_rate), 1 / float(stream.guessed_rate or IMAGE_RATE)
        self.last: float | None = None

    def of(self, frame: VideoFrame) -> tuple[float, float]:
        """Time and duration of the next frame; without durations in the file, a frame lasts as long as the last one."""
        ticks = frame.dts if self._from_zero else frame.pts
        if ticks is not None and self._zero is None:
            self._zero = ticks * self._base
        time_s = self.reached if ticks is None or self._zero is None else ticks * self._base - self._zero
        usual_s = self._step if self._timed else time_s - self.last if self.last is not None else 1 / IMAGE_RATE
        duration_s = frame.duration * self._base if frame.duration and self._timed else usual_s
        if duration_s > LONGEST_STILL_S:
            duration_s = self._step
        self.last, self.reached = time_s, time_s + duration_s
        return time_s, duration_s


def _seek(container: InputContainer, stream: VideoStream, time_s: float) -> None:
    """Goes to a key frame at or before a time of the player's clock."""
    base = float(stream.time_base or 1 / IMAGE_RATE)
    container.seek(round((zero_of(container) + time_s) / base), stream=stream)


def _check_pixels(path: VideoFile, stream: VideoStream) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise UserError(f"{path}: {width}x{height} is over {MAX_PIXELS:,} pixels a frame; make it smaller first")
