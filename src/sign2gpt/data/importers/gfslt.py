"""Exchange with other projects: imports GFSLT-VLP's label files, exports multimodalhugs' tables.

GFSLT-VLP and projects based on it keep one pickled dict per split.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import atomic_file
from sign2gpt.common.unpickle import read_plain
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.importers.image_folders import listed_images, read_images
from sign2gpt.data.importers.release import SHOWN, USUAL_FRAMES, Entry, ImportOptions, import_release
from sign2gpt.data.tables import file_problem
from sign2gpt.data.writer import Frames
from sign2gpt.video.decode import frames_to_store
from sign2gpt.video.geometry import Frame

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True)
class Images:
    """Yields the frames of a clip from the images that its label lists when called."""

    paths: tuple[Path, ...]
    options: ImportOptions

    def __call__(self) -> Iterator[Frame]:
        yield from read_images(self.paths, size=self.options.size, fit=self.options.fit)


def prepare_gfslt(labels: Path, videos: Path, corpus: Path, info: CorpusInfo, options: ImportOptions) -> None:
    """Makes a corpus from label files.

    Raises:
        UserError: the label files have errors, or as `import_release`.
    """
    if not videos.is_dir():
        raise UserError(f"{videos}: no such folder; name the one with the images or videos that the labels list")
    listed = [entry for split in SPLITS for entry in entries(labels / f"labels.{split}", split, videos, info, options)]
    import_release(corpus, info, listed, Counter(entry.split for entry in listed), options)


def entries(path: Path, split: str, videos: Path, info: CorpusInfo, options: ImportOptions) -> list[Entry]:
    """The clips of one label file, in its order; a path that leaves ``videos`` is an error.

    Raises:
        UserError: the pickle contains more than plain values, or other values than such files have.
    """
    rows = read_plain(path)
    if not isinstance(rows, dict):
        raise UserError(f"{path}: not a dict of clips by name, as in GFSLT-VLP's label files")
    reader = _Reader(path, split, videos, info, options, Problems(str(path)), {})
    found = [reader.entry(key, row) for key, row in rows.items()]
    reader.problems.raise_if_any(SHOWN)
    return [entry for entry in found if entry is not None]


@dataclass(frozen=True)
class _Reader:
    """Makes entries from the rows of one file; errors go to ``problems``, listings of ``folders`` are cached."""

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
                self.problems.add(f"{key!r:.60}: must have name and text, as in GFSLT-VLP's label files")
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
        """The frames of a clip, why they are missing, and the number of images (0: a video)."""
        images = row.get("imgs_path")
        if isinstance(images, list) and images and all(isinstance(image, str) for image in images):
            missing = next(filter(None, map(self._why_missing, images)), "")
            paths = tuple(self.videos / image for image in images)
            return Images(paths, self.options), missing, len(images)
        video = row.get("video_path", f"{name}.mp4")
        missing = self._why_missing(video) if isinstance(video, str) else f"{name}: no imgs_path and no video_path"
        cut = partial(frames_to_store, self.videos / str(video), frame_rate=self.info.frame_rate)
        return partial(cut, size=self.options.size, fit=self.options.fit), missing, 0

    def _why_missing(self, name: str) -> str:
        """Why a file is missing, if so; each folder is listed once."""
        folder, file = str(PurePosixPath(name).parent), PurePosixPath(name).name
        if folder not in self.folders:
            problem = file_problem(self.videos, f"{folder}/x", self.videos)
            if problem:
                self.problems.add(problem)
            self.folders[folder] = problem or listed_images(self.videos / folder, self.videos)
        found = self.folders[folder]
        if isinstance(found, str):
            return found
        return "" if file in found else f"no {name}"


MULTIMODALHUGS = ("signal", "signal_start", "signal_end", "encoder_prompt", "decoder_prompt", "output")
"""Columns of multimodalhugs' ``video2text`` tables; start and end 0 mean the whole video."""


def export_multimodalhugs(corpus: Corpus, out: Path, encoder_prompt: str = "", decoder_prompt: str = "") -> list[Path]:
    """Writes a tab-separated table for each split, with absolute paths of clips; returns the tables' paths.

    Raises:
        UserError: the corpus' tables have errors, or its clips are in shards.
    """
    corpus.need_files("export")
    tables: list[Path] = []
    for split in corpus.splits:
        rows = corpus.rows(split)
        tables.append(out / f"{split}.tsv")
        with atomic_file(tables[-1]) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            table.writerow(MULTIMODALHUGS)
            for row in rows:
                table.writerow([Path(str(row.path)).absolute(), 0, 0, encoder_prompt, decoder_prompt, row.text])
    return tables
