"""Corpora of real sentences and glosses without a single clip: tables are all that pseudo-glosses are made of."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import csl_release

SPLITS = ("train", "dev", "test")
Row = tuple[str, str, str, str]
"""Split, name, text, glosses."""


def write_texts(folder: Path, name: str, language: str, rows: Iterable[Row]) -> Path:
    """A corpus of these rows."""
    folder.mkdir(parents=True)
    info = f"{{name: {name}, language: {language}, frame_rate: 25, size: 256, licence: research}}\n"
    (folder / "corpus.yaml").write_text(info)
    tables: dict[str, list[tuple[str, ...]]] = {}
    for split, clip, text, glosses in rows:
        table = tables.setdefault(split, [("file_name", "text", "glosses", "num_frames")])
        table.append((f"{clip}.mp4", text, glosses, "25"))
    for split, table in tables.items():
        (folder / split).mkdir()
        with (folder / split / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
    return folder


def phoenix14t(folder: Path, shared: Path, every: int = 1) -> Path:
    """Every n-th sentence of PHOENIX14T."""
    rows: list[Row] = []
    for split in SPLITS:
        path = shared / f"corpora/PHOENIX-2014-T/PHOENIX-2014-T.{split}.corpus.csv"
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))[::every]
        rows += [(split, row["name"], row["translation"], row["orth"]) for row in found]
    return write_texts(folder, "PHOENIX14T", "de", rows)


def csl_daily(folder: Path, shared: Path, every: int = 1) -> Path:
    """Every n-th sentence of CSL-Daily."""
    clips = csl_release.annotated(shared)[::every]
    return write_texts(
        folder, "CSL-Daily", "zh", [(clip.split, clip.name, clip.text, " ".join(clip.glosses)) for clip in clips]
    )
