"""Reads the tables of ``prepare folder``, and reports all of their errors at once."""

from __future__ import annotations

import csv
import math
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TypeVar

from sign2gpt.common.errors import Problems, UserError, nearest
from sign2gpt.common.files import LARGEST_LISTS, LONGEST_TEXT, open_file
from sign2gpt.common.text import normalised
from sign2gpt.data.tables import id_problem, path_problem
from sign2gpt.video.geometry import Box

SPLITS = ("train", "dev", "test")
REQUIRED = ("id", "video", "text")
OPTIONAL = ("start", "end", "signer", "glosses", "crop")
HINTS = {".tsv": "use tabs only between cells", ".csv": "put quotes around cells that contain the separator"}

T = TypeVar("T")


@dataclass(frozen=True)
class ListedClip:
    """A line of a table; ``where`` is table and line, times are seconds, ``crop`` is x, y, width, height."""

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
    """The error in one cell."""


def read_tables(source: Path, problems: Problems) -> list[ListedClip]:
    """Reads train, dev and test of a folder, each .tsv or .csv; errors are added to ``problems``."""
    clips: list[ListedClip] = []
    seen: dict[str, str] = {}
    for split in SPLITS:
        for clip in _read_table(source, split, problems):
            if clip.id in seen:
                problems.add(f"{clip.where}: id {clip.id} is already used in {seen[clip.id]}")
            seen.setdefault(clip.id, clip.where)
            clips.append(clip)
    return clips


def _read_table(source: Path, split: str, problems: Problems) -> Iterator[ListedClip]:
    path = _table_of(source, split, problems)
    if path is None:
        return
    before = len(problems.found)
    (line, header), *lines = list(_lines(path, problems)) or [(1, [])]
    columns = [name.strip().lower() for name in header]
    if len(problems.found) > before or not _check_header(columns, f"{path.name}:{line}", problems):
        return
    if not lines:
        problems.add(f"{path.name}: lists no clip; add a line per clip")
    for number, cells in lines:
        where = f"{path.name}:{number}"
        if len(cells) != len(columns):
            problems.add(f"{where}: {len(cells)} cells, but the header has {len(columns)}; {HINTS[path.suffix]}")
            continue
        clip = _read_row(where, split, dict(zip(columns, cells, strict=True)), source, problems)
        if clip is not None:
            yield clip


def _table_of(source: Path, split: str, problems: Problems) -> Path | None:
    """The table of a split: .tsv, or .csv with commas or semicolons as spreadsheets save it."""
    existing = [path for path in (source / f"{split}.tsv", source / f"{split}.csv") if path.exists()]
    if len(existing) == 1:
        return existing[0]
    if existing:
        problems.add(f"{split}.tsv and {split}.csv both exist; delete one")
    else:
        problems.add(f"{split}.tsv: no such file, nor {split}.csv; write one with id, video and text of each clip")
    return None


def _lines(path: Path, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each line that is not empty."""
    try:
        with open_file(path, LARGEST_LISTS) as file:
            text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        problems.add(
            f"{path.name}: not UTF-8 text; save it as 'CSV UTF-8' (Excel) or with 'Unicode (UTF-8)' (LibreOffice)"
        )
        return
    except UserError as error:
        problems.add(str(error))
        return
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if path.suffix == ".tsv":
        rows = enumerate((line.split("\t") for line in text.split("\n")), start=1)
    else:
        reader = csv.reader(StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ",", strict=True)
        rows = ((reader.line_num, cells) for cells in reader)
    try:
        yield from ((number, cells) for number, cells in rows if any(cells))
    except csv.Error as error:
        problems.add(f"{path.name}: not a CSV table ({error})")


def _check_header(columns: list[str], where: str, problems: Problems) -> bool:
    before = len(problems.found)
    if missing := [name for name in REQUIRED if name not in columns]:
        what = f"no column {', '.join(missing)}; the columns are {', '.join(columns)[:200]}"
        problems.add(f"{where}: {what} (separate them by tabs in .tsv, by commas or semicolons in .csv)")
        return False
    for name in columns:
        if name not in REQUIRED + OPTIONAL:
            problems.add(f"{where}: unknown column {name!r}{nearest(name, REQUIRED + OPTIONAL)}")
        elif columns.count(name) > 1:
            problems.add(f"{where}: column {name} appears twice")
    return len(problems.found) == before


def _read_row(where: str, split: str, cells: dict[str, str], source: Path, problems: Problems) -> ListedClip | None:
    """A line of a table; None if it has errors, which are added to ``problems``."""
    before = len(problems.found)

    def read(name: str, kind: Callable[[str], T], fallback: T) -> T:
        try:
            return kind(cells.get(name, "").strip())
        except _MistakeError as mistake:
            problems.add(f"{where}: {name} {mistake}")
            return fallback

    clip = ListedClip(
        where=where,
        split=split,
        id=read("id", _id, ""),
        video=read("video", lambda cell: _video(cell, source), ""),
        text=read("text", _text, ""),
        start_s=read("start", _seconds, None) or 0.0,
        end_s=read("end", _seconds, None),
        signer=read("signer", _line, ""),
        glosses=read("glosses", _line, "") or None,
        crop=read("crop", _crop, None),
    )
    if clip.end_s is not None and clip.start_s >= clip.end_s:
        problems.add(f"{where}: start {clip.start_s:g} s must come before end {clip.end_s:g} s")
    return clip if len(problems.found) == before else None


def _id(cell: str) -> str:
    if problem := id_problem(cell):
        raise _MistakeError(problem)
    return cell


def _text(cell: str) -> str:
    if not cell:
        raise _MistakeError("is empty")
    return _line(cell)


def _line(cell: str) -> str:
    if "\0" in cell:
        raise _MistakeError("contains a NUL character; write the table again")
    if "\n" in cell:
        raise _MistakeError("contains a line break; write it on one line")
    if len(cell) > LONGEST_TEXT:
        raise _MistakeError(f"has {len(cell):,} characters; at most {LONGEST_TEXT:,} are allowed")
    return normalised(cell)


def _video(cell: str, source: Path) -> str:
    """A path inside the folder, whether the file exists or not; accents may be composed or decomposed (macOS).

    Links may lead out of the folder: it is the user's own, and the files that they point to are copied.
    """
    if problem := path_problem(cell, source):
        raise _MistakeError(problem)
    forms = (cell, unicodedata.normalize("NFC", cell), unicodedata.normalize("NFD", cell))
    return next((form for form in forms if (source / form).exists()), cell)


def _seconds(cell: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise _MistakeError(f"is {cell[:40]!r}; give seconds, such as 12.5") from None
    if not math.isfinite(value) or value < 0:
        raise _MistakeError(f"is {cell[:40]}; give seconds, 0 or more")
    return value


def _crop(cell: str) -> Box | None:
    if not cell:
        return None
    parts = [part.strip() for part in cell.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() and len(part) < 6 for part in parts):
        raise _MistakeError(f"is {cell[:40]!r}; give x,y,width,height in pixels, such as 80,0,480,480")
    x, y, width, height = map(int, parts)
    if not width or not height:
        raise _MistakeError(f"is {cell}; width and height must be greater than 0")
    return x, y, width, height
