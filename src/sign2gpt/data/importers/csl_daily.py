"""Imports the release of CSL-Daily: labels in a pickle, splits in a table, frames as images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import read_lines
from sign2gpt.common.progress import say, track
from sign2gpt.common.unpickle import read_plain
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.importers.image_folders import NumberedImages, listed_images
from sign2gpt.data.importers.release import MOST_FRAMES, SHOWN, Entry, ImportOptions, import_release, shortened

LABELS = "sentence_label/csl2020ct_v2.pkl"
SPLITS = "sentence_label/split_1.txt"
FRAMES = "sentence/frames_512x512"
IMAGE = "{:06d}.jpg"
FRAME_RATE = 30.0
KNOWN = {"train": 18400, "dev": 1077, "test": 1176}
LISTED_ONLY = "S000005_P0004_T00"
"""The release's split_1.txt lists this clip, but it has neither label nor frames."""
LICENCE = "research only, under the agreement signed with USTC"

_NAME = re.compile(r"S\d{6}_P\d{4}_T\d{2}")
_IMAGE = re.compile(r"\d{6}\.jpg")


@dataclass(frozen=True)
class Label:
    """The annotation of a clip."""

    text: str
    glosses: str
    num_frames: int


NO_LABEL = Label("", "", 0)


@dataclass(frozen=True)
class SplitRow:
    """A line of the release's table of splits; ``where`` is file and line."""

    name: str
    split: str
    where: str

    @property
    def signer(self) -> str:
        return self.name.split("_")[1]


def prepare_csl_daily(release: Path, corpus: Path, options: ImportOptions) -> None:
    """Makes a corpus from the release of CSL-Daily.

    Raises:
        UserError: its labels or splits have errors, or as `import_release`.
    """
    info = CorpusInfo(
        name="CSL-Daily",
        language="zh",
        frame_rate=FRAME_RATE,
        size=options.size,
        licence=LICENCE,
    )
    import_release(corpus, info, entries(release, options), KNOWN, options)


def entries(release: Path, options: ImportOptions) -> list[Entry]:
    """The clips in the release's splits, in their order."""
    labels, rows = read_listed(release)
    return [_entry(release, row, labels.get(row.name), options) for row in track(rows, "listing frames")]


def read_listed(release: Path) -> tuple[dict[str, Label], list[SplitRow]]:
    """The labels by name, and the rows of the splits; clips that are missing in one of the two are reported."""
    for path in (release / LABELS, release / SPLITS):
        if not path.is_file():
            raise UserError(f"{path}: no such file; name the folder of the unpacked release")
    labels, rows = read_labels(release / LABELS), _read_splits(release / SPLITS)
    listed = {row.name for row in rows}
    if unlisted := [name for name in labels if name not in listed]:
        say(f"left out, not listed in {SPLITS}: {shortened(unlisted)}")
    if LISTED_ONLY in listed and LISTED_ONLY not in labels:
        say(f"left out, no label and no frames (a known error in the release): {LISTED_ONLY}")
        rows = [row for row in rows if row.name != LISTED_ONLY]
    return labels, rows


def read_labels(path: Path) -> dict[str, Label]:
    """The labels by name, in the pickle's order.

    Raises:
        UserError: the pickle contains more than plain values, or other values than the release's.
    """
    found = read_plain(path)
    info = found.get("info") if isinstance(found, dict) else None
    if not isinstance(info, list):
        raise UserError(f"{path}: contains no list 'info'; this is not the release's file, copy it again")
    problems, labels = Problems(str(path)), {}
    for index, row in enumerate(info):
        label = _label(row)
        if label is None:
            problems.add(f"info[{index}]: must have name, length, label_gloss and label_char as in the release")
        elif row["name"] in labels:
            problems.add(f"info[{index}]: {row['name']} already has a label")
        else:
            labels[row["name"]] = label
    problems.raise_if_any(SHOWN)
    return labels


def _label(row: Any) -> Label | None:
    match row:
        case {"name": str(name), "length": int(length), "label_gloss": list(glosses), "label_char": list(characters)}:
            fits = _NAME.fullmatch(name) and 0 < length < MOST_FRAMES
            if fits and all(isinstance(item, str) for item in glosses + characters):
                return Label("".join(characters), " ".join(glosses), length)
    return None


def _read_splits(path: Path) -> list[SplitRow]:
    header, *lines = (line.rstrip("\r") for line in read_lines(path))
    problems, rows = Problems(str(path)), []
    if header != "name|split":
        problems.add(f"line 1: {header[:40]!r}; the header must be 'name|split'")
    for number, line in enumerate(lines, start=2):
        name, _, split = line.partition("|")
        if _NAME.fullmatch(name) and split in KNOWN:
            rows.append(SplitRow(name, split, f"{SPLITS}:{number}"))
        elif line:
            problems.add(f"line {number}: {line[:40]!r}; a line must look like S000000_P0000_T00|train")
    problems.raise_if_any(SHOWN)
    return rows


def _entry(release: Path, row: SplitRow, label: Label | None, options: ImportOptions) -> Entry:
    folder, label = release / FRAMES / row.name, label or NO_LABEL
    numbers, missing = _images(folder, release / FRAMES, label.num_frames)
    return Entry(
        split=row.split,
        id=row.name,
        text=label.text,
        frames=NumberedImages(folder, IMAGE, numbers, options.size, options.fit),
        signer=row.signer,
        glosses=label.glosses or None,
        where=row.where,
        missing=missing,
        made_from=f"{FRAMES}, {numbers}",
        num_frames=len(numbers),
    )


def _images(folder: Path, root: Path, length: int) -> tuple[range, str]:
    """The numbers of a clip's images, and which are missing, if any; ``length`` is the one in its label."""
    found = listed_images(folder, root)
    if isinstance(found, str):
        return range(0), found
    numbers = {int(name.removesuffix(".jpg")) for name in found if _IMAGE.fullmatch(name)}
    first = min(numbers, default=0)
    expected = range(first, max(max(numbers, default=0) + 1, first + length))
    lost = [number for number in expected if number not in numbers]
    missing = f"{len(lost)} of {len(expected)} images missing, such as {IMAGE.format(lost[0])}" if lost else ""
    return expected, missing
