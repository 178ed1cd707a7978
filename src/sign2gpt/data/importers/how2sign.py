"""Imports the release of How2Sign: ``sign2gpt prepare how2sign`` (docs/how2sign.md)."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sign2gpt.common.engine import Workers, parallel_map
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import LARGEST_LISTS, LONGEST_TEXT, read_text
from sign2gpt.common.progress import say, say_lines, track
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.importers.folder import CutClip, common_rate
from sign2gpt.data.importers.release import Entry, ImportOptions, import_release
from sign2gpt.data.tables import file_problem, id_problem
from sign2gpt.video.clock import IMAGE_RATE
from sign2gpt.video.decode import ClipInfo, probe

TABLES = {
    split: f"how2sign_realigned_{theirs}.csv" for split, theirs in (("train",) * 2, ("dev", "val"), ("test",) * 2)
}
KNOWN = {"train": 31_165, "dev": 1_741, "test": 2_357}
COLUMNS = ("VIDEO_NAME", "SENTENCE_NAME", "START_REALIGNED", "END_REALIGNED", "SENTENCE")
LICENCE = "CC BY-NC 4.0"

SIGNER = re.compile(r"-(\d+)-rgb_(?:front|side)")
"""The end of a name: the release's number of the signer, and the camera."""
NOT_VIDEOS = re.compile(r"\..*|features|openpose_output|.*keypoints.*", re.IGNORECASE)
"""Folders that are not searched: millions of keypoint files, and videos of keypoints with the same names."""
SLACK_S = 0.05
"""An end that exceeds the video's by less is not reported."""
ROUNDING_S = 1e-3


@dataclass(frozen=True)
class RealignedRow:
    """A row of a realigned table; times are seconds from the start of the full video."""

    split: str
    where: str
    video: str
    name: str
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Footage:
    """The video of a sentence: a full video (``is_full``) or a clip. ``info`` may be why it cannot be read."""

    path: Path
    is_full: bool
    info: ClipInfo | str


def prepare_how2sign(release: Path, corpus: Path, options: ImportOptions, frame_rate: float | None = None) -> None:
    """Makes a corpus from How2Sign's realigned tables and its videos, full ones or clips of single sentences.

    Args:
        release: folder with the three tables and the videos, at any depth.
        frame_rate: frames per second of the corpus [default: the videos' most common rate].

    Raises:
        UserError: tables are missing or have errors, or as `import_release`.
    """
    tables, videos = _search(release)
    rows = _rows(release, tables, options.allow_missing)
    footage = _footage(release, rows, videos, options.workers)
    rate = frame_rate or _common_rate(footage.values())
    info = CorpusInfo(name="How2Sign", language="en", frame_rate=rate, size=options.size, licence=LICENCE)
    entries = [_entry(row, footage.get(row.name), info, options) for row in rows]
    _report_shortened(rows, footage)
    import_release(corpus, info, entries, KNOWN, options)


def _search(release: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """The tables by file name, and the videos by name without ending."""
    if not release.is_dir():
        raise UserError(f"{release}: no such folder; it must contain {', '.join(TABLES.values())} and the videos")
    tables: dict[str, list[Path]] = {}
    videos: dict[str, list[Path]] = {}
    for folder, subfolders, files in os.walk(release):
        subfolders[:] = sorted(name for name in subfolders if not NOT_VIDEOS.fullmatch(name))
        for name in sorted(files):
            if name in TABLES.values():
                tables.setdefault(name, []).append(Path(folder, name))
            elif name.endswith(".mp4") and not name.startswith("."):
                videos.setdefault(name.removesuffix(".mp4"), []).append(Path(folder, name))
    return tables, videos


def _rows(release: Path, tables: Mapping[str, list[Path]], allow_missing: bool) -> list[RealignedRow]:
    problems, damaged = Problems(str(release)), Problems(str(release))
    found: list[RealignedRow] = []
    for split, name in TABLES.items():
        paths = tables.get(name, [])
        if not paths:
            damaged.add(f"{name}: missing; it lists the sentences of {split}")
        elif len(paths) > 1:
            problems.add(f"{name} is in {_folders(paths, release)}; delete all but one")
        else:
            found += _read_table(paths[0], split, problems, damaged)
    problems.raise_if_any()
    if not found or not allow_missing:
        damaged.raise_if_any()
    say_lines([f"left out: {problem}" for problem in damaged.found])
    return found


def _read_table(path: Path, split: str, problems: Problems, damaged: Problems) -> Iterator[RealignedRow]:
    """The rows of a table, with tabs between cells and no quoting: a quote in a sentence is part of it."""
    try:
        header, *lines = read_text(path, LARGEST_LISTS).split("\n")
    except UserError as error:
        problems.add(str(error))
        return
    columns = [name.strip() for name in header.split("\t")]
    if missing := [name for name in COLUMNS if name not in columns]:
        hint = "; this is the table that is not realigned" if "START" in columns else "; tabs must separate the cells"
        problems.add(f"{path.name}:1: no column {', '.join(missing)}{hint}")
        return
    for number, line in enumerate(lines, start=2):
        if line.strip():
            row = _read_row(f"{path.name}:{number}", split, columns, line.split("\t"))
            if isinstance(row, str):
                damaged.add(row)
            else:
                yield row


def _read_row(where: str, split: str, columns: list[str], cells: list[str]) -> RealignedRow | str:
    """A row, or its error."""
    if len(cells) != len(columns):
        return f"{where}: {len(cells)} cells, but the header has {len(columns)}"
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    for column in ("SENTENCE_NAME", "VIDEO_NAME"):
        if problem := id_problem(row[column]):
            return f"{where}: {column} {problem}"
    if len(row["SENTENCE"]) > LONGEST_TEXT:
        return f"{where}: SENTENCE has {len(row['SENTENCE']):,} characters; at most {LONGEST_TEXT:,} are allowed"
    start_s, end_s = _seconds(row["START_REALIGNED"]), _seconds(row["END_REALIGNED"])
    text = _unquoted(row["SENTENCE"])
    return RealignedRow(split, where, row["VIDEO_NAME"], row["SENTENCE_NAME"], start_s, end_s, text)


def _seconds(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _unquoted(cell: str) -> str:
    """A sentence without the quotes that some programs put around cells that contain a quote."""
    inner = cell[1:-1]
    quoted = len(cell) > 2 and cell[0] == cell[-1] == '"' and '""' in inner and '"' not in inner.replace('""', "")
    return " ".join((inner.replace('""', '"') if quoted else cell).split())


def _footage(
    release: Path, rows: list[RealignedRow], videos: Mapping[str, list[Path]], workers: Workers
) -> dict[str, Footage]:
    """The video of each sentence, by its name: the full video, to be cut by the realigned times, or its own clip."""
    problems = Problems(str(release))
    sources: dict[str, tuple[Path, bool]] = {}
    for row in rows:
        is_full = row.video in videos
        name = row.video if is_full else row.name
        if name in videos:
            sources[row.name] = videos[name][0], is_full
    for name in {path.stem for path, _ in sources.values()}:
        if len(videos[name]) > 1:
            problems.add(f"{name}.mp4 is in {_folders(videos[name], release)}; delete all but one")
    problems.raise_if_any()
    paths = sorted({path for path, _ in sources.values()})
    probed = parallel_map(partial(_probe, release), paths, workers if len(paths) > 1 else 1)
    infos = dict(zip(paths, track(probed, "reading videos", len(paths)), strict=True))
    count = sum(is_full for _, is_full in sources.values())
    say(f"{count:,} sentences are cut from full videos, {len(sources) - count:,} have clips of their own")
    return {name: Footage(path, is_full, infos[path]) for name, (path, is_full) in sources.items()}


def _probe(release: Path, path: Path) -> ClipInfo | str:
    if problem := file_problem(path.parent, path.name, release):
        return problem
    try:
        return probe(path)
    except UserError as error:
        return str(error)


def _common_rate(footage: Iterable[Footage]) -> float:
    infos = {item.path: item.info for item in footage if isinstance(item.info, ClipInfo)}
    return common_rate(list(infos.values())) if infos else IMAGE_RATE  # no video: all are reported as missing


def _entry(row: RealignedRow, footage: Footage | None, info: CorpusInfo, options: ImportOptions) -> Entry:
    signer = SIGNER.search(row.name)
    missing = _why_missing(row, footage)
    frames, made_from, num_frames = None, "", 0
    if footage is not None and isinstance(footage.info, ClipInfo) and not missing:
        start_s, end_s = (row.start_s, row.end_s) if footage.is_full else (0.0, None)
        frames = CutClip(footage.path, start_s, end_s, None, info.frame_rate, options.size, options.fit)
        made_from = repr((footage.path.name, footage.path.stat().st_size, start_s, end_s))
        reached = min(end_s or math.inf, footage.info.duration_s)
        num_frames = max(1, round((reached - start_s) * info.frame_rate))
    return Entry(
        split=row.split,
        id=row.name,
        text=row.text,
        frames=frames,
        signer=signer[1] if signer else "",
        where=row.where,
        missing=missing,
        extra={"video": row.video},
        made_from=made_from,
        num_frames=num_frames,
    )


def _why_missing(row: RealignedRow, footage: Footage | None) -> str:
    """Why a sentence has no frames, if so."""
    if footage is None:
        return f"neither {row.video}.mp4 nor {row.name}.mp4 found"
    if isinstance(footage.info, str):
        return footage.info
    if not footage.is_full:
        return ""
    if not 0 <= row.start_s < row.end_s < math.inf:
        return f"invalid times, {row.start_s:g} s to {row.end_s:g} s"
    if row.start_s > footage.info.duration_s - 1 / footage.info.frame_rate + ROUNDING_S:
        return f"starts at {row.start_s:g} s, after its video's end ({footage.info.duration_s:.2f} s)"
    return ""


def _report_shortened(rows: Iterable[RealignedRow], footage: Mapping[str, Footage]) -> None:
    """Lists sentences whose end is after their video's: they end with the video."""
    for row in rows:
        found = footage.get(row.name)
        if found is None or not found.is_full or isinstance(found.info, str) or _why_missing(row, found):
            continue
        if row.end_s > found.info.duration_s + SLACK_S:
            times = f"{row.end_s:g} s to {found.info.duration_s:.2f} s, where its video ends"
            say(f"shortened: {row.name} ({row.where}) from {times}")


def _folders(paths: list[Path], release: Path) -> str:
    return " and ".join(str(path.parent.relative_to(release)) for path in paths)
