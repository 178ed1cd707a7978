"""Which runs were trained on a clip: each run remembers the hashes of its clips (docs/consent.md)."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import LARGEST_LISTS, read_json, sha256
from sign2gpt.model.runs.run import WEIGHTS
from sign2gpt.training.claim import CLAIM, claimed

CLIPS = "clips.json"


@dataclass(frozen=True)
class RunUse:
    """A run, and the clips asked for that it was trained on.

    Attributes:
        used: their ids in the run; empty for a run that only started from one which used some.
        trained_on: clips that it was trained on in all.
        started_from: the run here that it started from, if any.
    """

    folder: Path
    used: list[str]
    trained_on: int
    started_from: Path | None = None


@dataclass(frozen=True)
class Usage:
    """What was found below a folder.

    Attributes:
        runs: those that used a clip, and those that started from one of them, at any remove.
        looked_at: finished runs.
        unfinished: trainings that have not yet recorded their clips.
        unreadable: records that could not be read, with the reason.
    """

    runs: list[RunUse]
    looked_at: int
    unfinished: list[Path]
    unreadable: list[str]


@dataclass
class _Record:
    folder: Path
    clips: dict[str, str]
    init: str | None = None
    init_hash: str | None = None
    parent: _Record | None = field(default=None, repr=False)


def find_usage(folder: Path, hashes: Collection[str]) -> Usage:
    """Looks through the runs below a folder.

    Args:
        hashes: SHA-256 of the clips, in hexadecimal digits.

    Raises:
        UserError: there is no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; name one that holds runs")
    records: list[_Record] = []
    unfinished, unreadable = [], []
    for place in _trainings(folder):
        try:
            if (place / CLIPS).is_file():
                records.append(_read(place))
                records[-1].init, records[-1].init_hash = _start(place)
            else:
                unfinished.append(place)
        except UserError as error:
            unreadable.append(str(error))
    _link(records)
    wanted = set(hashes)
    used = {id(record): [clip for clip, found in record.clips.items() if found in wanted] for record in records}
    runs = [
        RunUse(record.folder, used[id(record)], len(record.clips), record.parent.folder if record.parent else None)
        for record in records
        if any(used[id(each)] for each in _line(record))
    ]
    return Usage(runs, len(records), unfinished, unreadable)


def _trainings(folder: Path) -> Iterator[Path]:
    for place, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        if CLIPS in files or CLAIM in files:
            yield Path(place)


def _read(folder: Path) -> _Record:
    clips = read_json(folder / CLIPS, LARGEST_LISTS)
    if not isinstance(clips, dict) or not all(isinstance(found, str) for found in clips.values()):
        raise UserError(f"{folder / CLIPS}: does not list clips with their hashes")
    return _Record(folder, clips)


def _start(folder: Path) -> tuple[str | None, str | None]:
    """Where the run that this one started from lay, and the hash of its weights."""
    identity = _section(claimed(folder) if (folder / CLAIM).is_file() else None, "identity")
    init, weights = _section(identity, "train").get("init"), _section(identity, "weights").get("init")
    return init if isinstance(init, str) else None, weights


def _section(document: Any, key: str) -> dict[str, Any]:
    inner = document.get(key) if isinstance(document, dict) else None
    return inner if isinstance(inner, dict) else {}


def _link(records: list[_Record]) -> None:
    """Finds the run that each started from: by the hash of its weights, and where that was not kept by its path."""
    begun = [record for record in records if record.init is not None]
    weights = [record.folder / WEIGHTS for record in records] if any(record.init_hash for record in begun) else []
    by_hash = {sha256(path): record for record, path in zip(records, weights, strict=False) if path.is_file()}
    by_place = {record.folder.resolve(): record for record in records}
    for record in begun:
        bases = (Path(), *record.folder.resolve().parents)  # the path is relative to where the training was run
        places = [(base / str(record.init)).resolve() for base in bases]
        found = next((by_place[place] for place in places if place in by_place), None)
        record.parent = by_hash.get(record.init_hash) if record.init_hash else found


def _line(record: _Record) -> Iterator[_Record]:
    """A run, the run that it started from, and so on."""
    seen: set[int] = set()
    step: _Record | None = record
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        yield step
        step = step.parent
