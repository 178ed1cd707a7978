"""Checks a corpus: every clip is decoded and every table read; counts and distributions are reported."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table

from sign2gpt.common.engine import parallel_map
from sign2gpt.common.errors import UserError
from sign2gpt.common.progress import track
from sign2gpt.common.text import titled
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.shards.corpus import CLIP_TABLE
from sign2gpt.data.tables import METADATA
from sign2gpt.video.decode import iter_frames

UNSPACED = ("zh", "ja", "th", "lo", "km", "my", "bo")
"""Languages written without spaces: their texts are counted in characters."""


@dataclass(frozen=True)
class Spread:
    """The distribution of a number over the clips of a split; ``histogram`` has ten equal bins."""

    total: float
    mean: float
    quantiles: dict[str, float]
    histogram: list[int]


@dataclass(frozen=True)
class SplitReport:
    """The contents of a split; lengths of texts in words, or in characters for languages without spaces."""

    clips: int
    hours: float
    signers: dict[str, int]
    texts: int
    vocabulary: int
    seconds: Spread
    words: Spread


@dataclass(frozen=True)
class CorpusReport:
    """The result of `check_corpus`."""

    corpus: dict[str, Any]
    splits: dict[str, SplitReport]
    problems: list[str]

    def document(self) -> dict[str, Any]:
        return asdict(self)


def check_corpus(location: str | Path, workers: int | None = None, decode: bool = True) -> CorpusReport:
    """Reads all tables of a corpus and, with ``decode``, decodes all its clips.

    Raises:
        UserError: there is no corpus at ``location``.
    """
    corpus = Corpus.open(location)
    problems: list[str] = []
    rows: dict[str, list[ClipRow]] = {}
    for split in corpus.splits:
        try:
            rows[split] = corpus.rows(split)
        except UserError as error:
            problems.append(str(error))
    clips = [row for split in rows.values() for row in split]
    problems += _row_problems(clips)
    problems += [problem for split in rows for problem in _unlisted(corpus.folder / split, rows[split])]
    if decode:
        found = parallel_map(partial(_clip_problem, corpus.info.size), clips, workers if len(clips) > 1 else 1)
        problems += [problem for problem in track(found, "decoding clips", len(clips)) if problem]
    spaced = corpus.info.language.lower().partition("-")[0] not in UNSPACED
    reports = {split: _report(rows[split], corpus.info.frame_rate, spaced) for split in rows if rows[split]}
    return CorpusReport(corpus.info.model_dump(), reports, problems)


def _row_problems(rows: list[ClipRow]) -> list[str]:
    problems = [f"{row.split}/{row.id}: its text is empty" for row in rows if not row.text.strip()]
    listings: dict[str, list[str]] = {}
    for row in rows:
        listings.setdefault(row.id, []).append(row.split)
    return problems + [
        f"{name}: listed more than once, in {' and '.join(splits)}"
        for name, splits in listings.items()
        if len(splits) > 1
    ]


def _unlisted(folder: Path, rows: list[ClipRow]) -> list[str]:
    listed = {row.path for row in rows} | {folder / METADATA, folder / CLIP_TABLE}
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [f"{path}: not listed in {METADATA}" for path in sorted(files) if path not in listed]


def _clip_problem(size: int, row: ClipRow) -> str | None:
    """The problem with a clip, if any: missing, unreadable, or of another length or size than listed."""
    count, shape = 0, (size, size, 3)
    try:
        for frame in iter_frames(row.path, frame_rate=None, size=None):
            count, shape = count + 1, frame.shape
    except UserError as error:
        return str(error)
    if count != row.num_frames:
        return f"{row.path}: {count} frames, but {METADATA} lists {row.num_frames}"
    if shape[:2] != (size, size):
        return f"{row.path}: {shape[1]}x{shape[0]} pixels, but the corpus has {size}x{size}"
    return None


def _report(rows: list[ClipRow], frame_rate: float, spaced: bool) -> SplitReport:
    texts = [row.text.split() if spaced else list(row.text.replace(" ", "")) for row in rows]
    seconds = [row.num_frames / frame_rate for row in rows]
    return SplitReport(
        clips=len(rows),
        hours=sum(seconds) / 3600,
        signers=dict(sorted(Counter(row.signer for row in rows).items())),
        texts=len({row.text for row in rows}),
        vocabulary=len({word for text in texts for word in text}),
        seconds=_spread(seconds),
        words=_spread([len(text) for text in texts]),
    )


def _spread(values: list[float] | list[int]) -> Spread:
    shares = {"least": 0, "5%": 0.05, "median": 0.5, "95%": 0.95, "most": 1}
    quantiles = {name: float(np.quantile(values, share)) for name, share in shares.items()}
    histogram = np.histogram(values, bins=10)[0].tolist()
    return Spread(float(np.sum(values)), float(np.mean(values)), quantiles, histogram)


BARS = " ▁▂▃▄▅▆▇█"


def summary(report: CorpusReport) -> RenderableType:
    """The report as tables for a terminal."""
    info = report.corpus
    facts = (info["language"], f"{info['frame_rate']:g} frames/s", f"{info['size']} px", f"licence {info['licence']}")
    title = f"{info['name']}: {', '.join(facts)}"
    counts = Table("split", "clips", "hours", "signers", "distinct texts", "vocabulary", box=None)
    spreads = Table("split", "per clip", "mean", "min", "5%", "median", "95%", "max", "distribution", box=None)
    for name, split in report.splits.items():
        signers = str(len([signer for signer in split.signers if signer]) or "unknown")
        row = [f"{split.clips:,}", f"{split.hours:.2f}", signers, f"{split.texts:,}", f"{split.vocabulary:,}"]
        counts.add_row(name, *row)
        for measure, spread in (("seconds", split.seconds), ("words", split.words)):
            numbers = [f"{value:.1f}" for value in (spread.mean, *spread.quantiles.values())]
            spreads.add_row(name, measure, *numbers, _bars(spread))
    return Group(titled(title, counts), "", spreads, *([info["notice"]] if info["notice"] else []))


def _bars(spread: Spread) -> str:
    """The histogram, from the smallest value to the largest."""
    highest = max(spread.histogram)
    return "".join(BARS[-(-count * (len(BARS) - 1) // highest)] for count in spread.histogram)
