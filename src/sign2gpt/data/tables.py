"""The tables of ``prepare folder``: what a user lists, read with everything that is wrong told at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sign2gpt.common.errors import Problems, nearest
from sign2gpt.common.files import LONGEST_TEXT
from sign2gpt.data.paths import refused, unfit
from sign2gpt.video.geometry import Box

SPLITS = ("train", "dev", "test")
REQUIRED = ("id", "video", "text")
OPTIONAL = ("start", "end", "signer", "glosses", "crop")

T = TypeVar("T")


@dataclass(frozen=True)
class Listed:
    """A clip as a table lists it; ``where`` is table and line, times are seconds, ``crop`` x, y, width, height."""

    where: str
    split: str
    id: str
    video: str
    text: str
    start_s: float
    end_s: float | None
    signer: str
    glosses: str | None
    crop: Box | None


class _MistakeError(ValueError):
    """What is wrong with one cell."""


def read_tables(source: Path, problems: Problems) -> list[Listed]:
    """Reads train.tsv, dev.tsv and test.tsv of a folder; mistakes are added to ``problems``."""
    clips: list[Listed] = []
    seen: dict[str, str] = {}
    for split in SPLITS:
        for clip in _read_table(source, split, problems):
            if clip.id in seen:
                problems.add(f"{clip.where}: id {clip.id} is taken by {seen[clip.id]}")
            seen.setdefault(clip.id, clip.where)
            clips.append(clip)
    return clips


def _read_table(source: Path, split: str, problems: Problems) -> Iterator[Listed]:
    table = f"{split}.tsv"
    try:
        text = (source / table).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problems.add(f"{table}: no such file; it lists id, video and text, with tabs between")
        return
    except (OSError, UnicodeDecodeError) as error:
        problems.add(f"{table}: cannot be read as UTF-8 text ({error})")
        return
    header, *lines = text.replace("\r\n", "\n").split("\n")
    columns = header.split("\t")
    if not _check_header(columns, f"{table}:1", problems):
        return
    if not any(lines):
        problems.add(f"{table}: lists no clip")
    for number, line in enumerate(lines, start=2):
        where, cells = f"{table}:{number}", line.split("\t")
        if not line:
            continue
        if len(cells) != len(columns):
            problems.add(
                f"{where}: {len(cells)} cells, but the header has {len(columns)}; tabs belong between cells only"
            )
            continue
        clip = _read_row(where, split, dict(zip(columns, cells, strict=True)), source, problems)
        if clip is not None:
            yield clip


def _check_header(columns: list[str], where: str, problems: Problems) -> bool:
    before = len(problems.found)
    for name in columns:
        if name not in REQUIRED + OPTIONAL:
            problems.add(f"{where}: unknown column {name!r}{nearest(name, REQUIRED + OPTIONAL)}")
        elif columns.count(name) > 1:
            problems.add(f"{where}: column {name} comes twice")
    if missing := [name for name in REQUIRED if name not in columns]:
        problems.add(f"{where}: no column {', '.join(missing)}; cells are separated by tabs")
    return len(problems.found) == before


def _read_row(where: str, split: str, cells: dict[str, str], source: Path, problems: Problems) -> Listed | None:
    """One line of a table; none where cells are wrong, after all of them are told."""
    before = len(problems.found)

    def read(name: str, kind: Callable[[str], T], fallback: T) -> T:
        try:
            return kind(cells.get(name, "").strip())
        except _MistakeError as mistake:
            problems.add(f"{where}: {name} {mistake}")
            return fallback

    clip = Listed(
        where=where,
        split=split,
        id=read("id", _id, ""),
        video=read("video", lambda cell: _video(cell, source), ""),
        text=read("text", _text, ""),
        start_s=read("start", _seconds, None) or 0.0,
        end_s=read("end", _seconds, None),
        signer=read("signer", _words, ""),
        glosses=read("glosses", _words, "") or None,
        crop=read("crop", _crop, None),
    )
    if clip.end_s is not None and clip.start_s >= clip.end_s:
        problems.add(f"{where}: start {clip.start_s:g} s must come before end {clip.end_s:g} s")
    return clip if len(problems.found) == before else None


def _id(cell: str) -> str:
    if problem := unfit(cell):
        raise _MistakeError(problem)
    return cell


def _text(cell: str) -> str:
    if not cell:
        raise _MistakeError("is empty")
    return _words(cell)


def _words(cell: str) -> str:
    if "\0" in cell:
        raise _MistakeError("has a NUL; write the table again")
    if len(cell) > LONGEST_TEXT:
        raise _MistakeError(f"has {len(cell):,} characters; at most {LONGEST_TEXT:,} are read")
    return cell


def _video(cell: str, source: Path) -> str:
    """A path inside the folder, whether a file is there or not."""
    if problem := refused(source, cell, source):
        raise _MistakeError(problem)
    return cell


def _seconds(cell: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise _MistakeError(f"is {cell[:40]!r}; give seconds, such as 12.5") from None
    if not math.isfinite(value) or value < 0:
        raise _MistakeError(f"is {cell[:40]}; give seconds from 0 on")
    return value


def _crop(cell: str) -> Box | None:
    if not cell:
        return None
    parts = [part.strip() for part in cell.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() and len(part) < 6 for part in parts):
        raise _MistakeError(f"is {cell[:40]!r}; give x,y,width,height in pixels, such as 80,0,480,480")
    x, y, width, height = map(int, parts)
    if not width or not height:
        raise _MistakeError(f"{cell} is empty; width and height are pixels over 0")
    return x, y, width, height
