"""Accepted forms of a video: a path, a pipe, a file's bytes, frames; checked before anything is decoded."""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import user_path
from sign2gpt.video.container import VideoFile
from sign2gpt.video.suffixes import IMAGES


class Readable(Protocol):
    """An open binary file, such as ``io.BytesIO`` or the result of ``open(path, "rb")``."""

    def read(self, size: int = -1, /) -> bytes | None: ...


Video = str | os.PathLike[str] | VideoFile | bytes | bytearray | memoryview | Readable | np.ndarray | Tensor
ONE = (str, os.PathLike, bytes, bytearray, memoryview, VideoFile, np.ndarray, Tensor)
TAKEN = (
    "give a path, a video file's bytes, an open binary file, frames as one array (T, H, W, 3) uint8 RGB, or a list of "
    "these; `stream` takes frames one by one"
)
NAME = "clip"
"""Name of a video that has none."""
LARGEST = 1 << 30
"""Most bytes of a video that is read into memory from a pipe or an open file."""

_CHUNK = 1 << 20
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]+:/")  # a Path has lost one slash of two; one letter is a drive of Windows


@dataclass(frozen=True)
class HeldVideo:
    """A `VideoFile` in memory; as text it is its ``name``."""

    name: str
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.name

    def exists(self) -> bool:
        return True

    def read_bytes(self) -> bytes:
        return self.content


def videos_of(given: Video | Iterable[Video]) -> tuple[Iterable[Video], bool]:
    """The videos of an iterable or the single one, and whether it is a single one.

    Raises:
        UserError: it is neither.
    """
    if isinstance(given, ONE) or hasattr(given, "read"):
        return [cast("Video", given)], True
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        return cast("Iterable[Video]", given), False
    raise _not_taken(given)


def source_of(video: Video) -> VideoFile | np.ndarray:
    """A file for `video.decode`, or frames (T, H, W, 3) uint8.

    Raises:
        UserError: it is none of `TAKEN`, or as `file_of` and `read_held`.
    """
    if isinstance(video, (np.ndarray, Tensor)):
        return frames_of(video)
    if isinstance(video, (str, os.PathLike)):
        return file_of(video)
    if isinstance(video, (bytes, bytearray, memoryview)):
        return _held(NAME, bytes(video))
    if isinstance(video, VideoFile):
        return video
    if hasattr(video, "read") and not isinstance(video, io.TextIOBase):
        name = getattr(video, "name", None)
        return read_held(video, name if isinstance(name, str) else NAME)
    raise _not_taken(video)


def file_of(path: str | os.PathLike[str]) -> VideoFile:
    """The file at a path, or the content of a named pipe or ``/dev/fd/N``; a ``~`` is the home folder.

    Raises:
        UserError: the path is empty or an address, or leads to a device or a folder without images.
    """
    text = os.fspath(path)
    file = user_path(path, "the path of a video")
    try:
        if _ADDRESS.match(text) and not file.exists():
            raise UserError(f"{text}: is an address; download the video first")
        if file.is_fifo():
            with file.open("rb", buffering=0) as pipe:
                return read_held(pipe, text)
        if file.is_dir():
            _check_images(file)
        elif file.exists() and not file.is_file():
            raise UserError(f"{text}: is a device, not a video file")
    except OSError as error:
        raise UserError(f"{text}: cannot be read ({error.strerror})") from None
    return file


def read_held(file: Readable, name: str) -> HeldVideo:
    """Reads an open file to its end.

    Raises:
        UserError: it is empty, cannot be read, or has more than `LARGEST` bytes.
    """
    content = bytearray()
    try:
        while chunk := file.read(_CHUNK):
            content += chunk
            if len(content) > LARGEST:
                raise UserError(f"{name}: larger than {LARGEST >> 20:,} MiB; save it as a file and give its path")
    except (OSError, TypeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{name}: cannot be read ({error}); {TAKEN}") from None
    return _held(name, bytes(content))


def frames_of(frames: object) -> np.ndarray:
    """One or several frames as an array on the CPU; `video.arrays` checks their shape.

    Raises:
        UserError: this is not an array of uint8.
    """
    if isinstance(frames, np.ndarray):
        return frames
    if isinstance(frames, Tensor) and frames.dtype == torch.uint8:
        return frames.detach().cpu().numpy()
    kind = frames.dtype if isinstance(frames, Tensor) else type(frames).__name__
    raise UserError(f"frames must be uint8 arrays, got {kind}; convert an image with np.asarray(image.convert('RGB'))")


def frames_in(frames: object) -> Iterator[np.ndarray]:
    """The frames of an iterable, each as an array.

    Raises:
        UserError: it is not an iterable (raised at once), or as `frames_of`.
    """
    if isinstance(frames, (str, bytes, os.PathLike)) or not isinstance(frames, Iterable):
        raise UserError(f"{type(frames).__name__} is not an iterable of frames; use `translate` for a video")
    return map(frames_of, frames)


def positive(value: Any, what: str, unit: str) -> float:
    """A finite number over 0.

    Raises:
        UserError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise UserError(f"{what} must be a number of {unit}, got {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (number > 0 and math.isfinite(number)):
        raise UserError(f"{what} must be over 0 {unit} and finite, got {number:g}")
    return number


def _held(name: str, content: bytes) -> HeldVideo:
    if not content:
        raise UserError(f"{name}: nothing to read; the file or pipe is empty, or was read before")
    return HeldVideo(name, content)


def _check_images(folder: Path) -> None:
    """Raises for a folder without images, and names the command for a folder of videos."""
    files = [path for path in folder.iterdir() if not path.name.startswith(".")]
    if files and not any(path.suffix.lower() in IMAGES for path in files):
        raise UserError(
            f"{folder}: no images in this folder, so it is not one clip; translate a folder of videos with "
            f"`sign2gpt bulk RUN {folder} OUT`, or give the paths of its files"
        )


def _not_taken(video: object) -> UserError:
    return UserError(f"{type(video).__name__} is not a video; {TAKEN}")
