"""Finds the results files and runs that a command line names, for comparisons and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json
from sign2gpt.evaluation.record import Record
from sign2gpt.inference.decoding import check_translates


@dataclass(frozen=True)
class SystemRecords:
    """A system's name and the results of its runs, one for each seed."""

    name: str
    records: list[Record]


@dataclass(frozen=True)
class ReportedRun:
    """One system of a report: its results, its run folder if available, and a remark."""

    name: str
    record: Record
    run: Path | None = None
    about: str = ""


def read_system(argument: str, split: str) -> SystemRecords:
    """A system for `compare`: FILE, RUN, NAME=FILE or NAME=FILE,FILE,...

    Raises:
        UserError: no such file, or a run folder without exactly one results file of the split.
    """
    name, paths = _named_paths(argument, split)
    records = [Record.read(_results_in(path, split) if path.is_dir() else path) for path in paths]
    return SystemRecords(name or paths[0].name.removesuffix(".json"), records)


def read_reported_runs(arguments: Sequence[str], split: str) -> list[ReportedRun]:
    """The systems of a report: RUN or FILE, or NAME=RUN; a run folder contains a results file of ``split``.

    Raises:
        UserError: no such run or file, or two systems have the same name.
    """
    runs = [_reported_run(argument, split) for argument in arguments]
    check_names([run.name for run in runs], "NAME=RUN")
    return runs


def other_splits(reported: ReportedRun) -> dict[str, Record]:
    """The results of other splits in the run folder, by split."""
    if reported.run is None:
        return {}
    splits = {path: _split_of(path) for path in sorted(reported.run.glob("*.json"))}
    own = reported.record.corpus.split
    return {split: Record.read(path) for path, split in splits.items() if split is not None and split != own}


def check_names(names: Sequence[str], form: str) -> None:
    """Refuses two systems of the same name."""
    if len(set(names)) < len(names):
        raise UserError(f"two systems have the same name ({', '.join(names)}): name them, as in {form}")


def mismatches(systems: Sequence[SystemRecords]) -> list[str]:
    """Why the scores of these systems are not comparable; empty if they are."""
    first = systems[0]
    base = first.records[0]
    found: dict[str, None] = {}
    for system in systems:
        for record in system.records:
            if record.protocol != base.protocol:
                found[f"{first.name} has protocol {base.protocol}, {system.name} {record.protocol}"] = None
            if record.references_sha256 != base.references_sha256:
                of = f"{len(base.sentences)} and {len(record.sentences)} sentences"
                found[f"{first.name} and {system.name} have different references ({of})"] = None
    return list(found)


def _reported_run(argument: str, split: str) -> ReportedRun:
    name, (path, *more) = _named_paths(argument, split)
    if more:
        raise UserError(f"{argument}: a report shows one run of a system; `compare` pools several seeds")
    if path.is_dir():
        return ReportedRun(name or path.name, Record.read(_results_in(path, split)), path)
    record = Record.read(path)
    run = Path(record.run)
    return ReportedRun(name or path.stem, record, run if run.is_dir() else None)


def _results_in(folder: Path, split: str) -> Path:
    """The results file of ``split`` in a run folder.

    Raises:
        UserError: there is none, or more than one.
    """
    found = [path for path in sorted(folder.glob("*.json")) if _split_of(path) == split]
    if not found:
        check_translates(folder)
        raise UserError(
            f"{folder}: no results of split {split}; create them with "
            f"`sign2gpt evaluate {folder} --split {split} -o {folder}/{split}.json`"
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UserError(f"{folder}: several results files of split {split} ({names}): name one of them")
    return found[0]


def _named_paths(argument: str, split: str) -> tuple[str, list[Path]]:
    """Name and paths of a system. Both may contain `=` and `,`, so the first reading whose paths exist counts.

    Raises:
        UserError: no such path; the message has the command that creates a results file of ``split``.
    """
    cuts = [0, *(index + 1 for index, letter in enumerate(argument) if letter == "=")]
    for cut in cuts:
        single, several = Path(argument[cut:]), [Path(path) for path in argument[cut:].split(",")]
        paths = [single] if single.exists() else several
        if all(path.exists() for path in paths):
            break
    for path in paths:
        if not path.exists():
            run, results = ("RUN", path) if path.suffix == ".json" else (path, f"{path.name}.json")
            raise UserError(
                f"{path}: no such run or results file; create one with "
                f"`sign2gpt evaluate {run} --split {split} -o {results}`"
            )
    return argument[: max(cut - 1, 0)], paths


def _split_of(path: Path) -> str | None:
    """The split of a results file; None if the file is something else."""
    document = read_json(path)
    if not isinstance(document, dict) or not {"sentences", "controls", "corpus"} <= set(document):
        return None
    corpus = document["corpus"]
    return corpus.get("split") if isinstance(corpus, dict) else None
