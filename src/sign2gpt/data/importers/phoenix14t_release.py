"""Finds tables and images in a release of RWTH-PHOENIX-Weather 2014 T: in folders, or in the downloaded archive.

A clip's images are ``features/fullFrame-210x260px/SPLIT/NAME/images0001.png`` and so on, without gaps.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Generator, Iterator, Set
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import cache_folder, open_file, read_json, write_json
from sign2gpt.common.progress import bar
from sign2gpt.data.importers.archive import Member, is_archive, members
from sign2gpt.data.importers.image_folders import NumberedImages, listed_images
from sign2gpt.data.importers.release import ImportOptions
from sign2gpt.data.tables import id_problem
from sign2gpt.data.writer import Frames, Stream
from sign2gpt.video.geometry import Fit, Frame
from sign2gpt.video.images import MAX_IMAGE, images_to_store

SPLITS = ("train", "dev", "test")
IMAGES = PurePosixPath("features/fullFrame-210x260px")
TABLES = PurePosixPath("annotations/manual")
IMAGE = "images{:04d}.png"
ROOTS = (".", "PHOENIX-2014-T", "PHOENIX-2014-T-release-v3/PHOENIX-2014-T")
"""Where `IMAGES` and `TABLES` may be, depending on how the release was unpacked."""
MAX_TABLE = 64 << 20
MAX_CLIP = 80 << 20
"""Most bytes of a clip's images in an archive, which are in memory until a core is free: the longest, uncompressed."""
INDEX_FORMAT = 2

_IMAGE = re.compile(r"images(\d{4}|[1-9]\d{4,5})\.png")


Annotation = Literal["plain", "complex"]
"""Which of the release's glosses: those used in papers, or the more detailed ones of train, with marks."""


def table_name(split: str, annotation: Annotation = "plain") -> str:
    """The file name of a split's table; only train has both annotations."""
    kind = "-complex-annotation" if annotation == "complex" and split == "train" else ""
    return f"PHOENIX-2014-T.{split}{kind}.corpus.csv"


_TABLE_NAMES = {*map(table_name, SPLITS), table_name("train", "complex")}


@dataclass(frozen=True)
class ClipImages:
    """A clip's images: how many, why the clip cannot be written, and its frames, unless they come in a stream."""

    count: int
    missing: str = ""
    frames: Frames | None = None


class Release(Protocol):
    """A release in a folder or an archive; only an archive has a ``stream``."""

    @property
    def stream(self) -> Stream | None: ...

    def table(self, name: str) -> str | None:
        """The text of a table; None if it is missing."""
        ...

    def images_of(self, split: str, name: str) -> ClipImages: ...


def open_release(path: Path, options: ImportOptions) -> Release:
    """Opens a release's folder, or the downloaded archive.

    Raises:
        UserError: it is neither, or the archive is damaged.
    """
    if is_archive(path):
        return Archive(path, options)
    if path.is_dir():
        return Tree(path, options)
    raise UserError(f"{path}: not a folder, .tar.gz or .tar; name the release of RWTH-PHOENIX-Weather 2014 T")


@dataclass(frozen=True)
class ArchivedFrames:
    """Yields the frames of a clip from its images, which were read from an archive, when called."""

    where: str
    images: tuple[bytes, ...]
    size: int
    fit: Fit

    def __call__(self) -> Iterator[Frame]:
        named = ((f"{self.where}/{IMAGE.format(n)}", image) for n, image in enumerate(self.images, start=1))
        yield from images_to_store(named, "png", size=self.size, fit=self.fit)


class Tree:
    """A release that was unpacked."""

    stream: Stream | None = None

    def __init__(self, folder: Path, options: ImportOptions) -> None:
        roots = [folder / root for root in ROOTS if (folder / root / TABLES).is_dir()]
        if not roots:
            raise UserError(f"{folder}: no folder {TABLES} in it; name the release of RWTH-PHOENIX-Weather 2014 T")
        self.root = roots[0]
        self._options = options

    def table(self, name: str) -> str | None:
        return read_table(self.root, TABLES / name)

    @property
    def tables(self) -> Path:
        return self.root / TABLES

    def images_of(self, split: str, name: str) -> ClipImages:
        folder = self.root / IMAGES / split / name
        listed = "its name is invalid" if id_problem(name) else listed_images(folder, self.root)
        if isinstance(listed, str):
            return ClipImages(0, listed)
        numbers = {number for image in listed if (number := _number(image)) is not None}
        frames = NumberedImages(folder, IMAGE, range(1, len(numbers) + 1), self._options.size, self._options.fit)
        return ClipImages(len(numbers), _gap(numbers), frames)


class Archive:
    """A release as downloaded: read once for its index, which is cached, and once for its images."""

    def __init__(self, path: Path, options: ImportOptions) -> None:
        self._path, self._options = path, options
        index = _index(path)
        self._tables: dict[str, str] = index["tables"]
        self._clips: dict[str, tuple[int, str]] = index["clips"]

    def table(self, name: str) -> str | None:
        return self._tables.get(name)

    def images_of(self, split: str, name: str) -> ClipImages:
        return ClipImages(*self._clips.get(f"{split}/{name}", (0, f"no images in {IMAGES / split / name}")))

    def stream(self, wanted: Set[str]) -> Iterator[tuple[str, Frames]]:
        """Yields the wanted clips (``split/name``) in the archive's order; stops reading after the last of them."""
        left = set(wanted)
        keyed = ((_clip_of(member), member) for member in members(self._path))
        for key, images in groupby((pair for pair in keyed if pair[0] in left), key=lambda pair: pair[0]):
            assert key is not None
            numbered = {_number(image.name.name): image.content(MAX_IMAGE) for _, image in images}
            content = tuple(numbered[number] for number in range(1, len(numbered) + 1))
            yield key, ArchivedFrames(str(IMAGES / key), content, self._options.size, self._options.fit)
            left.discard(key)
            if not left:
                return


def read_table(root: Path, name: PurePosixPath) -> str | None:
    """The text of a table below ``root``; None if it does not exist."""
    path = root / name
    if not path.exists():
        return None
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise UserError(f"{path} is behind a link that leaves {root}; copy the files there instead")
    with open_file(path, MAX_TABLE) as file:
        return _text(file.read(), str(path))


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{where}: not UTF-8 text; copy it again") from None


def _number(image: str) -> int | None:
    """The number in an image's name; None if the file is not an image of a clip."""
    match = _IMAGE.fullmatch(image)
    return int(match[1]) if match else None


def _gap(numbers: Set[int]) -> str:
    """The first image that a clip lacks, if any: images are numbered from 1."""
    first = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
    if numbers and first == len(numbers) + 1:
        return ""
    return f"{IMAGE.format(first)} is missing" if numbers else "no images"


def _clip_of(member: Member) -> str | None:
    """``split/name`` of the clip that a member belongs to; None if it is not an image of a clip."""
    if len(member.name.parts) < 5:
        return None
    *folders, split, name, image = member.name.parts
    is_image = tuple(folders[-2:]) == IMAGES.parts and split in SPLITS and _number(image) is not None
    return f"{split}/{name}" if is_image else None


def _index(path: Path) -> dict[str, Any]:
    """The tables of an archive, and number of images and problem of each clip; cached by path, size and time."""
    stat = path.stat()
    key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns} {INDEX_FORMAT}"
    cached = cache_folder() / "archives" / f"{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:32]}.json"
    if not cached.exists():
        write_json(cached, _read_index(path))
    return read_json(cached)


def _read_index(path: Path) -> dict[str, Any]:
    tables: dict[str, str] = {}
    clips: dict[str, tuple[int, str]] = {}
    with closing(_listed(path)) as listed:  # the bar ends before an error is shown
        for key, group in groupby(listed, key=_clip_of):
            if key is None:
                for table in group:
                    tables[table.name.name] = _text(table.content(MAX_TABLE), f"{path}: {table.name}")
            elif key in clips:
                raise UserError(
                    f"{path}: the images of {key} are not one after another; unpack the archive and name its folder"
                )
            else:
                clips[key] = _counted(path, group)
    return {"tables": tables, "clips": clips}


def _listed(path: Path) -> Generator[Member]:
    """The tables and images of an archive, with a progress bar."""
    with bar(f"reading {path.name} (MB)", path.stat().st_size >> 20) as shown:
        done = 0
        for member in members(path):
            shown.advance((member.at >> 20) - done)
            done = member.at >> 20
            is_table = member.name.parts[-3:-1] == TABLES.parts and member.name.name in _TABLE_NAMES
            if is_table or _clip_of(member) is not None:
                yield member


def _counted(path: Path, images: Iterator[Member]) -> tuple[int, str]:
    """The number of images of a clip, and the first that is missing."""
    numbers: set[int] = set()
    size = 0
    for image in images:
        image.check(MAX_IMAGE)
        number, size = _number(image.name.name), size + image.size
        if number is None or number in numbers:
            raise UserError(f"{path}: {image.name} appears twice; download the archive again")
        if size > MAX_CLIP:
            raise UserError(f"{path}: the images of {image.name.parent} exceed {MAX_CLIP >> 20} MB")
        numbers.add(number)
    return len(numbers), _gap(numbers)
