"""Reads the annotations of two releases without their videos: sentences, glosses and lengths of the clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sign2gpt.common.errors import Problems, UserError
from sign2gpt.data.importers import csl_daily, phoenix14t
from sign2gpt.data.importers.phoenix14t_release import IMAGES, SPLITS, Tree, read_table, table_name
from sign2gpt.data.importers.release import MOST_FRAMES, Entry, ImportOptions, kept_entries


@dataclass(frozen=True)
class Annotated:
    """A corpus whose annotations can be read; ``entries`` yields all clips that the release in a folder lists."""

    name: str
    language: str
    frame_rate: float
    licence: str
    entries: Callable[[Path], Iterator[Entry]]


def _phoenix14t(folder: Path) -> Iterator[Entry]:
    alone = any((folder / table_name(split)).exists() for split in SPLITS)
    release = None if alone else Tree(folder, ImportOptions())
    images = release if release and (release.root / IMAGES).is_dir() else None
    problems = Problems(str(folder))
    for split in SPLITS:
        lengths = _listed_lengths(release.tables if release else folder, f"frames.{split}.tsv", problems)
        table = table_name(split)
        text = release.table(table) if release else read_table(folder, PurePosixPath(table))
        for _, where, cells in phoenix14t.split_rows(text, split, table, problems):
            name = cells["name"]
            count = images.images_of(split, name).count if images else 0
            yield Entry(
                split=split,
                id=name,
                text=cells["translation"],
                frames=None,
                signer=cells["speaker"],
                glosses=cells["orth"] or None,
                where=where,
                num_frames=count or lengths.get(name, 0),
            )
    problems.raise_if_any()


def _listed_lengths(folder: Path, table: str, problems: Problems) -> dict[str, int]:
    """Number of frames of each clip in a table of name and num_frames; empty if there is no such table."""
    text = read_table(folder, PurePosixPath(table))
    if text is None:
        return {}
    header, *lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if header != "name\tnum_frames":
        problems.add(f"{table}:1: {header[:40]!r}; the header must be name and num_frames, separated by a tab")
        return {}
    lengths = {}
    for number, line in enumerate(lines, start=2):
        name, _, count = line.partition("\t")
        if count.isascii() and count.isdigit() and len(count) < 7 and 0 < int(count) < MOST_FRAMES:
            lengths[name] = int(count)
        else:
            problems.add(f"{table}:{number}: {line[:60]!r}; a line must be a name, a tab and a number of frames")
    return lengths


def _csl_daily(folder: Path) -> Iterator[Entry]:
    labels, rows = csl_daily.read_listed(folder)
    for row in rows:
        label = labels.get(row.name, csl_daily.NO_LABEL)
        yield Entry(
            split=row.split,
            id=row.name,
            text=label.text,
            frames=None,
            signer=row.signer,
            glosses=label.glosses or None,
            where=row.where,
            num_frames=label.num_frames,
        )


ANNOTATED = {
    "phoenix14t": Annotated("PHOENIX14T", "de", phoenix14t.FRAME_RATE, phoenix14t.LICENCE, _phoenix14t),
    "csl_daily": Annotated("CSL-Daily", "zh", csl_daily.FRAME_RATE, csl_daily.LICENCE, _csl_daily),
}
"""By the corpus' name in recipes."""


def read_annotations(corpus: Annotated, folder: Path) -> list[Entry]:
    """The clips of a release that have a sentence, without their frames; those without a sentence are reported.

    Args:
        folder: the release; for PHOENIX14T also a folder with only its tables.

    Returns:
        Entries whose ``num_frames``, at the corpus' frame rate, is 0 if unknown.

    Raises:
        UserError: tables are missing or damaged, or list a clip twice.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder; name the folder of the unpacked release of {corpus.name}")
    return kept_entries(list(corpus.entries(folder)), str(folder), allow_missing=False)
