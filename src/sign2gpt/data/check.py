"""Whether a corpus is what it says: every clip decoded, every text read, counts and distributions for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sign2gpt.common.engine import parallel_map
from sign2gpt.common.errors import UserError
from sign2gpt.common.progress import track
from sign2gpt.data.corpus import METADATA, ClipRow, Corpus
from sign2gpt.data.shards import PLACES
from sign2gpt.video.decode import iter_frames

UNSPACED = ("zh", "ja", "th", "lo", "km", "my", "bo")
"""Languages written without spaces: their texts are measured in characters."""


@dataclass(frozen=True)
class Spread:
    """How a number is distributed over the clips of a split; ``histogram`` counts them in ten equal steps."""

    total: float
    mean: float
    quantiles: dict[str, float]
    histogram: list[int]


@dataclass(frozen=True)
class SplitReport:
    """What a split holds; lengths of texts in words, or characters in languages without spaces."""

    clips: int
    hours: float
    signers: dict[str, int]
    texts: int
    vocabulary: int
    seconds: Spread
    words: Spread


@dataclass(frozen=True)
class CorpusReport:
    """What `check_corpus` found; ``problems`` is empty where nothing is wrong."""

    corpus: dict[str, Any]
    splits: dict[str, SplitReport]
    problems: list[str]

    def document(self) -> dict[str, Any]:
        return asdict(self)


def check_corpus(place: str | Path, workers: int | None = None, decode: bool = True) -> CorpusReport:
    """Reads all tables of a corpus and, if so wished, decodes all its clips.

    Raises:
        UserError: there is no corpus to read.
    """
    corpus = Corpus.open(place)
    problems: list[str] = []
    rows: dict[str, list[ClipRow]] = {}
    for split in corpus.splits:
        try:
            rows[split] = corpus.rows(split)
        except UserError as error:
            problems.append(str(error))
    clips = [row for split in rows.values() for row in split]
    problems += _wrong_rows(clips)
    problems += [problem for split in rows for problem in _unlisted(corpus.folder / split, rows[split])]
    if decode:
        found = parallel_map(partial(_wrong_clip, corpus.info.size), clips, workers if len(clips) > 1 else 1)
        problems += [problem for problem in track(found, "decoding clips", len(clips)) if problem]
    spaced = not corpus.info.language.lower().startswith(UNSPACED)
    reports = {split: _report(rows[split], corpus.info.frame_rate, spaced) for split in rows if rows[split]}
    return CorpusReport(corpus.info.model_dump(), reports, problems)


def _wrong_rows(rows: list[ClipRow]) -> list[str]:
    problems = [f"{row.split}/{row.id}: its text is empty" for row in rows if not row.text.strip()]
    places: dict[str, list[str]] = {}
    for row in rows:
        places.setdefault(row.id, []).append(row.split)
    return problems + [f"{i}: listed in {' and '.join(splits)}" for i, splits in places.items() if len(splits) > 1]


def _unlisted(folder: Path, rows: list[ClipRow]) -> list[str]:
    listed = {row.path for row in rows} | {folder / METADATA, folder / PLACES}
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [f"{path}: in no line of {METADATA}" for path in sorted(files) if path not in listed]


def _wrong_clip(size: int, row: ClipRow) -> str | None:
    """What is wrong with a clip, if anything: not there, not readable, or of another length or size than told."""
    count, shape = 0, (size, size, 3)
    try:
        for frame in iter_frames(row.path, frame_rate=None, size=None):
            count, shape = count + 1, frame.shape
    except UserError as error:
        return str(error)
    if count != row.num_frames:
        return f"{row.path}: {count} frames, but {METADATA} says {row.num_frames}"
    if shape[:2] != (size, size):
        return f"{row.path}: {shape[1]}x{shape[0]} pixels, but the corpus says {size}x{size}"
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
