"""Reads clips that a release stores as folders of images."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import open_file
from sign2gpt.video.geometry import Fit, Frame
from sign2gpt.video.images import MAX_IMAGE, images_to_store

CODECS: dict[str, Literal["png", "mjpeg"]] = {".png": "png", ".jpg": "mjpeg", ".jpeg": "mjpeg"}


@dataclass(frozen=True)
class NumberedImages:
    """Yields the frames of a clip from its folder when called; can be pickled for another process.

    ``pattern`` formats a number as a file name, such as ``images{:04d}.png``.
    """

    folder: Path
    pattern: str
    numbers: range
    size: int
    fit: Fit

    def __call__(self) -> Iterator[Frame]:
        paths = [self.folder / self.pattern.format(number) for number in self.numbers]
        yield from read_images(paths, size=self.size, fit=self.fit)


def listed_images(folder: Path, root: Path) -> set[str] | str:
    """Names of the files in ``folder``, or why they cannot be read: there are none, or links lead out of ``root``."""
    try:
        with os.scandir(folder) as files:
            found = {file.name: file.is_symlink() for file in files if not file.name.startswith(".")}
    except (FileNotFoundError, NotADirectoryError):
        return f"no folder {folder}"
    real_root = os.path.realpath(root)
    for path in (folder, *(folder / name for name, linked in found.items() if linked)):
        if not Path(os.path.realpath(path)).is_relative_to(real_root):
            return f"{path} is a link that leaves {root}"
    return set(found) or f"no images in {folder}"


def read_images(paths: Sequence[Path], *, size: int, fit: Fit) -> Iterator[Frame]:
    """Yields each image, size x size, for `write_clip`; all must be PNG, or all JPEG.

    Raises:
        UserError: an image is damaged or cannot be read; those before it have been yielded.
    """
    codec = CODECS.get(paths[0].suffix.lower())
    if codec is None:
        raise UserError(f"{paths[0]}: not an image of a supported kind; these are {', '.join(CODECS)}")
    yield from images_to_store(map(_content, paths), codec, size=size, fit=fit)


def _content(path: Path) -> tuple[str, bytes]:
    with open_file(path, MAX_IMAGE) as file:
        return str(path), file.read()
