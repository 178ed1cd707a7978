"""The label files of GFSLT-VLP and its followers: one pickled dict a split, of names to what is known of each clip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.unpickle import read_plain
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.image_folders import listed_images, read_images
from sign2gpt.data.importing import SHOWN, USUAL_FRAMES, Entry, ImportOptions, import_release
from sign2gpt.data.paths import refused
from sign2gpt.data.writer import Frames
from sign2gpt.video.decode import frames_to_store
from sign2gpt.video.geometry import Frame

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Images:
    """The frames of a clip out of the images that its label names, when called."""

    paths: tuple[Path, ...]
    options: ImportOptions

    def __call__(self) -> Iterator[Frame]:
        yield from read_images(self.paths, size=self.options.size, fit=self.options.fit)


def prepare_gfslt(labels: Path, videos: Path, corpus: Path, info: CorpusInfo, options: ImportOptions) -> None:
    """Makes a corpus of label files.

    Raises:
        UserError: what is wrong in the label files, and as `import_release`.
    """
    if not videos.is_dir():
        raise UserError(f"{videos}: no such folder; it should hold the images or videos that the labels name")
    listed = [entry for split in SPLITS for entry in entries(labels / f"labels.{split}", split, videos, info, options)]
    import_release(corpus, info, listed, Counter(entry.split for entry in listed), options)


def entries(path: Path, split: str, videos: Path, info: CorpusInfo, options: ImportOptions) -> list[Entry]:
    """The clips of one label file, in its order; a path that leaves ``videos`` is a mistake.

    Raises:
        UserError: no plain pickle, or other values than such files have.
    """
    rows = read_plain(path)
    if not isinstance(rows, dict):
        raise UserError(f"{path}: no dict of clips by name, as GFSLT-VLP's label files are")
    reader = _Reader(path, split, videos, info, options, Problems(str(path)), {})
    found = [reader.entry(key, row) for key, row in rows.items()]
    reader.problems.raise_if_any(SHOWN)
    return [entry for entry in found if entry is not None]


@dataclass(frozen=True)
class _Reader:
    """Turns the rows of one file into entries; mistakes go to ``problems``, listings of folders are kept."""

    path: Path
    split: str
    videos: Path
    info: CorpusInfo
    options: ImportOptions
    problems: Problems
    folders: dict[str, set[str] | str]

    def entry(self, key: Any, row: Any) -> Entry | None:
        match row:
            case {"name": str(name), "text": str(text), **others}:
                frames, missing, count = self._frames(name, others)
            case _:
                self.problems.add(f"{key!r:.60}: no name and text in it, as GFSLT-VLP's labels have")
                return None
        gloss = others.get("gloss", "")
        return Entry(
            split=self.split,
            id=name.removeprefix(f"{self.split}/"),
            text=text,
            frames=frames,
            glosses=(" ".join(map(str, gloss)) if isinstance(gloss, list) else str(gloss)) or None,
            where=f"{self.path.name}: {key!r:.80}",
            missing=missing,
            made_from=f"{count} images" if count else "a video",
            num_frames=count or USUAL_FRAMES,
        )

    def _frames(self, name: str, row: dict[str, Any]) -> tuple[Frames, str, int]:
        """Frames of a clip, why they are missing, and how many images they are (0: a video)."""
        images = row.get("imgs_path")
        if isinstance(images, list) and images and all(isinstance(image, str) for image in images):
            missing = next(filter(None, map(self._absent, images)), "")
            paths = tuple(self.videos / image for image in images)
            return Images(paths, self.options), missing, len(images)
        video = row.get("video_path", f"{name}.mp4")
        missing = self._absent(video) if isinstance(video, str) else f"{name}: no imgs_path and no video_path"
        cut = partial(frames_to_store, self.videos / str(video), frame_rate=self.info.frame_rate)
        return partial(cut, size=self.options.size, fit=self.options.fit), missing, 0

    def _absent(self, name: str) -> str:
        """Why a file is not there, if so; its folder is listed once."""
        folder, file = str(PurePosixPath(name).parent), PurePosixPath(name).name
        if folder not in self.folders:
            problem = refused(self.videos, f"{folder}/x", self.videos)
            if problem:
                self.problems.add(problem)
            self.folders[folder] = problem or listed_images(self.videos / folder, self.videos)
        found = self.folders[folder]
        if isinstance(found, str):
            return found
        return "" if file in found else f"no {name}"
