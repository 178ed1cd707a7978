"""Imports RWTH-PHOENIX-Weather 2014 T: German weather forecasts and their interpreters (docs/phoenix14t.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sign2gpt.common.errors import Problems
from sign2gpt.common.progress import say, track
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.importers.phoenix14t_release import (
    IMAGES,
    SPLITS,
    TABLES,
    Annotation,
    Release,
    open_release,
    table_name,
)
from sign2gpt.data.importers.release import Entry, ImportOptions, import_release

CLIPS = {"train": 7096, "dev": 519, "test": 642}
FRAMES = {"train": 827_354, "dev": 55_775, "test": 64_627}
"""Numbers of clips and of frames in the published release."""
COLUMNS = ("name", "video", "start", "end", "speaker", "orth", "translation")
FRAME_RATE = 25.0
LICENCE = "CC BY-NC-SA 3.0"


def prepare_phoenix14t(release: Path, corpus: Path, options: ImportOptions, annotation: Annotation = "plain") -> None:
    """Makes a corpus from the release: its folder, or the ``.tar.gz`` or ``.tar`` as downloaded.

    Args:
        annotation: ``complex`` uses the glosses of train with their marks; dev and test only have plain ones.

    Raises:
        UserError: this is not the release, its tables or archive are damaged, or as `import_release`.
    """
    info = CorpusInfo(name="PHOENIX14T", language="de", frame_rate=FRAME_RATE, size=options.size, licence=LICENCE)
    opened = open_release(release, options)
    problems = Problems(str(release))
    tables = {split: table_name(split, annotation) for split in SPLITS}
    rows = [row for split, table in tables.items() for row in split_rows(opened.table(table), split, table, problems)]
    problems.raise_if_any()
    entries = [_entry(opened, *row) for row in track(rows, "listing images")]
    _report_frames(entries)
    import_release(corpus, info, entries, CLIPS, options, opened.stream)


def split_rows(
    text: str | None, split: str, table: str, problems: Problems
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Split, location (file:line) and cells of each row of a ``table``: | separates columns, and nothing is quoted.

    Errors are added to ``problems``; if ``text`` is None, the table is missing.
    """
    if text is None:
        problems.add(f"{TABLES / table} is missing")
        return
    header, *lines = text.replace("\r\n", "\n").split("\n")
    if header.split("|") != list(COLUMNS):
        problems.add(f"{table}:1: the columns must be {'|'.join(COLUMNS)}, not {header[:100]!r}")
        return
    for number, line in enumerate(lines, start=2):
        cells = line.split("|")
        if len(cells) == len(COLUMNS):
            yield split, f"{table}:{number}", dict(zip(COLUMNS, cells, strict=True))
        elif line:
            problems.add(f"{table}:{number}: {len(cells)} cells separated by |, but the header has {len(COLUMNS)}")


def _entry(release: Release, split: str, where: str, cells: dict[str, str]) -> Entry:
    found = release.images_of(split, cells["name"])
    return Entry(
        split=split,
        id=cells["name"],
        text=cells["translation"],
        frames=found.frames,
        signer=cells["speaker"],
        glosses=cells["orth"] or None,
        where=where,
        missing=found.missing,
        made_from=f"{IMAGES.name} {found.count}",
        num_frames=found.count,
    )


def _report_frames(entries: list[Entry]) -> None:
    """Reports splits with another number of images: only the sum shows that images at a clip's end are missing."""
    for split, expected in FRAMES.items():
        members = [entry for entry in entries if entry.split == split]
        count = sum(entry.num_frames for entry in members)
        is_complete = len(members) == CLIPS[split] and not any(entry.missing for entry in members)
        if is_complete and count != expected:
            say(f"{split}: {count:,} images; the published release has {expected:,}")
