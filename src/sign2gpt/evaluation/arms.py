"""The systems of a report: their records, and their runs where these are at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sign2gpt.common.errors import UserError
from sign2gpt.evaluation.compare import named_paths, record_in, split_of
from sign2gpt.evaluation.record import Record


@dataclass(frozen=True)
class Arm:
    """One system of the page: its record, and its run where that is at hand."""

    name: str
    record: Record
    run: Path | None = None
    about: str = ""


def read_arms(arguments: Sequence[str], split: str) -> list[Arm]:
    """Systems as they are named on the command line: RUN or RECORD, or NAME=RUN; a run holds a record of ``split``.

    Raises:
        UserError: there is no such run or record, or two systems have one name.
    """
    arms = [_arm(argument, split) for argument in arguments]
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        raise UserError(f"two systems have one name ({', '.join(names)}): give them names, as in NAME=RUN")
    return arms


def records_beside(arm: Arm) -> dict[str, Record]:
    """The records of other splits that lie in an arm's run, by split."""
    if arm.run is None:
        return {}
    splits = {path: split_of(path) for path in sorted(arm.run.glob("*.json"))}
    own = arm.record.corpus.split
    return {split: Record.read(path) for path, split in splits.items() if split is not None and split != own}


def _arm(argument: str, split: str) -> Arm:
    name, (path, *more) = named_paths(argument, split)
    if more:
        raise UserError(f"{argument}: a page shows one run of a system; `compare` pools several seeds")
    if path.is_dir():
        return Arm(name or path.name, Record.read(record_in(path, split)), path)
    record = Record.read(path)
    run = Path(record.run)
    return Arm(name or path.stem, record, run if run.is_dir() else None)
