"""How2Sign from its release: ``sign2gpt prepare how2sign`` (docs/how2sign.md)."""

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
from sign2gpt.common.progress import say, tell, track
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.folder import Cut, common_rate
from sign2gpt.data.importing import Entry, ImportOptions, import_release
from sign2gpt.data.paths import refused, unfit
from sign2gpt.video.clock import IMAGE_RATE
from sign2gpt.video.decode import ClipInfo, probe

TABLES = {
    split: f"how2sign_realigned_{theirs}.csv" for split, theirs in (("train",) * 2, ("dev", "val"), ("test",) * 2)
}
KNOWN = {"train": 31_165, "dev": 1_741, "test": 2_357}
COLUMNS = ("VIDEO_NAME", "SENTENCE_NAME", "START_REALIGNED", "END_REALIGNED", "SENTENCE")
LICENCE = "CC BY-NC 4.0"

SIGNER = re.compile(r"-(\d+)-rgb_(?:front|side)")
"""What names end with: the release's number of the signer and the camera."""
NOT_VIDEOS = re.compile(r"\..*|features|openpose_output|.*keypoints.*", re.IGNORECASE)
"""Folders that are not searched: millions of keypoint files, and drawings of them named as the videos."""
SLACK_S = 0.05
"""An end this little beyond a video's is not worth a word."""
ROUNDING_S = 1e-3


@dataclass(frozen=True)
class Sentence:
    """A row of a realigned table; times are seconds from the start of the whole video."""

    split: str
    where: str
    video: str
    name: str
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class Footage:
    """Where a sentence's frames lie: in the whole video, or in a clip of its own. ``info`` is why it cannot be read."""

    path: Path
    whole: bool
    info: ClipInfo | str


def prepare_how2sign(release: Path, corpus: Path, options: ImportOptions, frame_rate: float | None = None) -> None:
    """Makes a corpus of How2Sign's realigned tables and its videos, whole or cut into sentences.

    Args:
        release: folder of the three tables and the videos, at any depth.
        frame_rate: frames a second of the corpus; none: the videos' most common rate.

    Raises:
        UserError: no tables, everything that is wrong in them, and what `import_release` raises.
    """
    tables, videos = _search(release)
    sentences = _sentences(release, tables, options.allow_missing)
    footage = _footage(release, sentences, videos, options.workers)
    rate = frame_rate or _common_rate(footage.values())
    info = CorpusInfo(name="How2Sign", language="en", frame_rate=rate, size=options.size, licence=LICENCE)
    entries = [_entry(sentence, footage.get(sentence.name), info, options) for sentence in sentences]
    _tell_clipped(sentences, footage)
    import_release(corpus, info, entries, KNOWN, options)


def _search(release: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """The tables by file name, and the videos by name without ending."""
    if not release.is_dir():
        raise UserError(f"{release}: no such folder; it should hold {', '.join(TABLES.values())} and videos")
    tables: dict[str, list[Path]] = {}
    videos: dict[str, list[Path]] = {}
    for place, folders, files in os.walk(release):
        folders[:] = sorted(name for name in folders if not NOT_VIDEOS.fullmatch(name))
        for name in sorted(files):
            if name in TABLES.values():
                tables.setdefault(name, []).append(Path(place, name))
            elif name.endswith(".mp4") and not name.startswith("."):
                videos.setdefault(name.removesuffix(".mp4"), []).append(Path(place, name))
    return tables, videos


def _sentences(release: Path, tables: Mapping[str, list[Path]], allow_missing: bool) -> list[Sentence]:
    problems, damaged = Problems(str(release)), Problems(str(release))
    found: list[Sentence] = []
    for split, name in TABLES.items():
        places = tables.get(name, [])
        if not places:
            damaged.add(f"{name}: not here; it lists the sentences of {split}")
        elif len(places) > 1:
            problems.add(f"{name} lies in {_folders(places, release)}; keep one")
        else:
            found += _read_table(places[0], split, problems, damaged)
    problems.raise_if_any()
    if not found or not allow_missing:
        damaged.raise_if_any()
    tell([f"left out: {problem}" for problem in damaged.found])
    return found


def _read_table(path: Path, split: str, problems: Problems, damaged: Problems) -> Iterator[Sentence]:
    """Sentences of a table. It has tabs between cells and no quoting: a quote in a sentence is part of it."""
    try:
        header, *lines = read_text(path, LARGEST_LISTS).split("\n")
    except UserError as error:
        problems.add(str(error))
        return
    columns = [name.strip() for name in header.split("\t")]
    if missing := [name for name in COLUMNS if name not in columns]:
        hint = "; these are the old times" if "START" in columns else "; cells are separated by tabs"
        problems.add(f"{path.name}:1: no column {', '.join(missing)}{hint}")
        return
    for number, line in enumerate(lines, start=2):
        if line.strip():
            sentence = _read_row(f"{path.name}:{number}", split, columns, line.split("\t"))
            if isinstance(sentence, str):
                damaged.add(sentence)
            else:
                yield sentence


def _read_row(where: str, split: str, columns: list[str], cells: list[str]) -> Sentence | str:
    """A row, or what is wrong with it."""
    if len(cells) != len(columns):
        return f"{where}: {len(cells)} cells, but the header has {len(columns)}"
    row = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    for column in ("SENTENCE_NAME", "VIDEO_NAME"):
        if problem := unfit(row[column]):
            return f"{where}: {column} {problem}"
    if len(row["SENTENCE"]) > LONGEST_TEXT:
        return f"{where}: a sentence of {len(row['SENTENCE']):,} characters is none"
    start_s, end_s = _seconds(row["START_REALIGNED"]), _seconds(row["END_REALIGNED"])
    return Sentence(split, where, row["VIDEO_NAME"], row["SENTENCE_NAME"], start_s, end_s, _unquoted(row["SENTENCE"]))


def _seconds(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _unquoted(cell: str) -> str:
    """A sentence as it was before some program quoted its cell, which it does where a quote is in it."""
    inner = cell[1:-1]
    quoted = len(cell) > 2 and cell[0] == cell[-1] == '"' and '""' in inner and '"' not in inner.replace('""', "")
    return " ".join((inner.replace('""', '"') if quoted else cell).split())


def _footage(
    release: Path, sentences: list[Sentence], videos: Mapping[str, list[Path]], workers: Workers
) -> dict[str, Footage]:
    """What each sentence is taken from, by its name: the whole video, cut by the realigned times, or its own clip."""
    problems = Problems(str(release))
    places: dict[str, tuple[Path, bool]] = {}
    for sentence in sentences:
        whole = sentence.video in videos
        name = sentence.video if whole else sentence.name
        if name in videos:
            places[sentence.name] = videos[name][0], whole
    for name in {path.stem for path, _ in places.values()}:
        if len(videos[name]) > 1:
            problems.add(f"{name}.mp4 lies in {_folders(videos[name], release)}; keep one")
    problems.raise_if_any()
    paths = sorted({path for path, _ in places.values()})
    looked = parallel_map(partial(_probe, release), paths, workers if len(paths) > 1 else 1)
    infos = dict(zip(paths, track(looked, "reading videos", len(paths)), strict=True))
    whole = sum(whole for _, whole in places.values())
    say(f"{whole:,} sentences are cut from whole videos, {len(places) - whole:,} are clips of their own")
    return {name: Footage(path, whole, infos[path]) for name, (path, whole) in places.items()}


def _probe(release: Path, path: Path) -> ClipInfo | str:
    if problem := refused(path.parent, path.name, release):
        return problem
    try:
        return probe(path)
    except UserError as error:
        return str(error)


def _common_rate(footage: Iterable[Footage]) -> float:
    infos = {item.path: item.info for item in footage if isinstance(item.info, ClipInfo)}
    return common_rate(list(infos.values())) if infos else IMAGE_RATE  # of nothing: all are told as missing


def _entry(sentence: Sentence, footage: Footage | None, info: CorpusInfo, options: ImportOptions) -> Entry:
    signer = SIGNER.search(sentence.name)
    missing = _missing(sentence, footage)
    frames, told, num_frames = None, "", 0
    if footage is not None and isinstance(footage.info, ClipInfo) and not missing:
        start_s, end_s = (sentence.start_s, sentence.end_s) if footage.whole else (0.0, None)
        frames = Cut(footage.path, start_s, end_s, None, info.frame_rate, options.size, options.fit)
        told = repr((footage.path.name, footage.path.stat().st_size, start_s, end_s))
        reached = min(end_s or math.inf, footage.info.duration_s)
        num_frames = max(1, round((reached - start_s) * info.frame_rate))
    return Entry(
        split=sentence.split,
        id=sentence.name,
        text=sentence.text,
        frames=frames,
        signer=signer[1] if signer else "",
        where=sentence.where,
        missing=missing,
        extra={"video": sentence.video},
        made_from=told,
        num_frames=num_frames,
    )


def _missing(sentence: Sentence, footage: Footage | None) -> str:
    """Why a sentence has no frames, if so."""
    if footage is None:
        return f"neither {sentence.video}.mp4 nor {sentence.name}.mp4 is there"
    if isinstance(footage.info, str):
        return footage.info
    if not footage.whole:
        return ""
    if not 0 <= sentence.start_s < sentence.end_s < math.inf:
        return f"its times {sentence.start_s:g} s to {sentence.end_s:g} s are none"
    if sentence.start_s > footage.info.duration_s - 1 / footage.info.frame_rate + ROUNDING_S:
        return f"starts at {sentence.start_s:g} s, beyond its video's end ({footage.info.duration_s:.2f} s)"
    return ""


def _tell_clipped(sentences: Iterable[Sentence], footage: Mapping[str, Footage]) -> None:
    """Lists sentences whose end lies beyond their video's: they end with it."""
    for sentence in sentences:
        found = footage.get(sentence.name)
        if found is None or not found.whole or isinstance(found.info, str) or _missing(sentence, found):
            continue
        if sentence.end_s > found.info.duration_s + SLACK_S:
            times = f"{sentence.end_s:g} s to {found.info.duration_s:.2f} s, where its video ends"
            say(f"clipped: {sentence.name} ({sentence.where}) from {times}")


def _folders(places: list[Path], release: Path) -> str:
    return " and ".join(str(place.parent.relative_to(release)) for place in places)
