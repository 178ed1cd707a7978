"""Systems side by side: their records, scored anew on the same sentences, each tested against the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json
from sign2gpt.evaluation.record import Record, Sentence, references_hash
from sign2gpt.inference.decoding import check_translates
from sign2gpt.metrics.bootstrap import interval
from sign2gpt.metrics.measures import Measures, measures, resampled
from sign2gpt.metrics.paired import Difference, differences
from sign2gpt.metrics.protocols import Protocol, check_sides, protocol
from sign2gpt.metrics.scores import DECIMALS, protocol_line


@dataclass(frozen=True)
class System:
    """A system's name and the records of its runs, one for each seed."""

    name: str
    records: list[Record]


@dataclass(frozen=True)
class Standing:
    """A measure of a system: the mean over its runs, their standard deviation, and the interval over sentences."""

    mean: float
    deviation: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Compared:
    """A system's row: its measures, and what it has over the first system, by the measure's name.

    ``content`` is the F1 of each kind of word that came through, the mean over runs, as their records have it.
    """

    name: str
    runs: int
    scores: dict[str, Standing]
    content: dict[str, float]
    differences: dict[str, Difference] = field(default_factory=lambda: {})


@dataclass(frozen=True)
class Comparison:
    """The first system is the baseline. ``warnings`` say what was compared in spite of itself."""

    protocol_line: str
    references_sha256: str
    sentences: int
    resamples: int
    seed: int
    confidence: float
    systems: list[Compared]
    warnings: list[str]


def read_system(argument: str, split: str) -> System:
    """A system as it is named on the command line: RECORD, RUN, NAME=RECORD or NAME=RECORD,RECORD,...

    Raises:
        UserError: no such record, or a run folder without one record of the split.
    """
    name, paths = named_paths(argument, split)
    records = [Record.read(record_in(path, split) if path.is_dir() else path) for path in paths]
    return System(name or paths[0].name.removesuffix(".json"), records)


def record_in(folder: Path, split: str) -> Path:
    """The record of ``split`` that lies in a run folder.

    Raises:
        UserError: there is none, or more than one.
    """
    found = [path for path in sorted(folder.glob("*.json")) if split_of(path) == split]
    if not found:
        check_translates(folder)
        raise UserError(
            f"{folder}: no record of split {split} in it; make one with "
            f"`sign2gpt evaluate {folder} --split {split} -o {folder}/{split}.json`"
        )
    if len(found) > 1:
        raise UserError(f"{folder}: several records of split {split} ({', '.join(p.name for p in found)}): name one")
    return found[0]


def compare_systems(
    systems: Sequence[System], *, resamples: int, seed: int, confidence: float, force: bool = False
) -> Comparison:
    """Scores every system under the first one's protocol, and tests its difference to the first.

    Raises:
        UserError: fewer than two systems, a name twice, or, unless ``force`` is given, protocols or references that
            differ; with it, no sentence in common.
    """
    names = [system.name for system in systems]
    if len(names) < 2:
        raise UserError("there is nothing to compare: name two records or more")
    if len(set(names)) < len(names):
        raise UserError(f"two systems have one name ({', '.join(names)}): give them names, as in NAME=RECORD")
    records = [record for system in systems for record in system.records]
    first = records[0]
    warnings = mismatches(systems)
    if warnings and not force:
        raise UserError(f"{'; '.join(warnings)}: such numbers do not compare (--force compares what can be compared)")
    chosen = protocol(first.protocol)
    shared = _common(records) if warnings else None
    taken = [[_measures(record, shared, chosen) for record in system.records] for system in systems]
    kinds = [] if warnings else _kinds(records)
    rows = [
        Compared(
            system.name,
            len(found),
            _standings(found, resamples=resamples, seed=seed, confidence=confidence),
            _content(system.records, kinds),
            differences(found, taken[0], resamples=resamples, seed=seed, confidence=confidence) if place else {},
        )
        for place, (system, found) in enumerate(zip(systems, taken, strict=True))
    ]
    scored = _chosen(first, shared)
    line = protocol_line(chosen, len(scored), *_decoded(systems))
    hashed = references_hash(s.reference for s in scored)
    return Comparison(line, hashed, len(scored), resamples, seed, confidence, rows, warnings)


def mismatches(systems: Sequence[System]) -> list[str]:
    """Why the records do not belong together, in words; empty where they do."""
    first = systems[0]
    base = first.records[0]
    found: dict[str, None] = {}
    for system in systems:
        for record in system.records:
            if record.protocol != base.protocol:
                found[f"{first.name} has protocol {base.protocol}, {system.name} {record.protocol}"] = None
            if record.references_sha256 != base.references_sha256:
                of = f"{len(base.sentences)} and {len(record.sentences)} sentences"
                found[f"{first.name} and {system.name} have other references ({of})"] = None
    return list(found)


def named_paths(argument: str, split: str) -> tuple[str, list[Path]]:
    """Name and places of a system; both may hold an equals sign or a comma, so what lies there decides.

    Raises:
        UserError: nothing is there; it tells how a record of ``split`` is made.
    """
    cuts = [0, *(place + 1 for place, letter in enumerate(argument) if letter == "=")]
    for cut in cuts:
        whole, several = Path(argument[cut:]), [Path(place) for place in argument[cut:].split(",")]
        paths = [whole] if whole.exists() else several
        if all(path.exists() for path in paths):
            break
    for path in paths:
        if not path.exists():
            run, record = ("RUN", path) if path.suffix == ".json" else (path, f"{path.name}.json")
            raise UserError(
                f"{path}: no such run or record; make a record with "
                f"`sign2gpt evaluate {run} --split {split} -o {record}` and name that"
            )
    return argument[: max(cut - 1, 0)], paths


def _common(records: Sequence[Record]) -> list[str]:
    """Ids of sentences that every record has, in the order of the first."""
    known = set[str].intersection(*({s.id for s in record.sentences} for record in records))
    shared = [s.id for s in records[0].sentences if s.id in known]
    if not shared:
        raise UserError("the records have no sentence in common")
    return shared


def _chosen(record: Record, ids: Sequence[str] | None) -> list[Sentence]:
    """The sentences of these ids, in their order; all where none are named."""
    by_id = {s.id: s for s in record.sentences}
    return record.sentences if ids is None else [by_id[name] for name in ids]


def _measures(record: Record, ids: Sequence[str] | None, chosen: Protocol) -> Measures:
    sentences = _chosen(record, ids)
    hypotheses, references = [s.hypothesis for s in sentences], [s.reference for s in sentences]
    check_sides(hypotheses, references, chosen)
    return measures(hypotheses, references, chosen)


def _standings(runs: Sequence[Measures], *, resamples: int, seed: int, confidence: float) -> dict[str, Standing]:
    drawn = [resampled(run, resamples, seed) for run in runs]
    found: dict[str, Standing] = {}
    for name in runs[0]:
        scores = [run[name].score for run in runs]
        low, high = interval(np.mean([values[name] for values in drawn], axis=0), confidence)
        deviation = round(float(np.std(scores, ddof=1)), DECIMALS) if len(scores) > 1 else None
        found[name] = Standing(
            round(float(np.mean(scores)), DECIMALS), deviation, round(low, DECIMALS), round(high, DECIMALS)
        )
    return found


def _content(records: Sequence[Record], kinds: Sequence[str]) -> dict[str, float]:
    """Mean F1 of each kind over a system's records."""
    found = [record.content.kinds for record in records if record.content is not None]
    return {kind: round(float(np.mean([kinds[kind].f1.score for kinds in found])), DECIMALS) for kind in kinds}


def _kinds(records: Sequence[Record]) -> list[str]:
    """The kinds of words that all records counted alike; none where a record did not count, or had another tagger."""
    first = records[0].content
    if first is None or any(r.content is None or r.content.tagger != first.tagger for r in records):
        return []
    return [kind for kind in first.kinds if all(r.content and kind in r.content.kinds for r in records)]


def _decoded(systems: Sequence[System]) -> list[str]:
    """How sentences were written, where that is known: once if all were alike, else of each system."""
    told = {system.name: " or ".join(sorted({record.decoding for record in system.records})) for system in systems}
    if len(set(told.values())) > 1:
        return ["; ".join(f"{name}: {how or 'decoding unknown'}" for name, how in told.items())]
    return [how for how in list(told.values())[:1] if how]


def split_of(path: Path) -> str | None:
    """The split of a record; None where the file is something else."""
    document = read_json(path)
    if not isinstance(document, dict) or not {"sentences", "controls", "corpus"} <= set(document):
        return None
    corpus = document["corpus"]
    return corpus.get("split") if isinstance(corpus, dict) else None
