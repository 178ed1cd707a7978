"""Compares systems: scores them again on the same sentences, and tests each against the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.evaluation.record import Record, ScoredSentence, references_hash
from sign2gpt.evaluation.results import SystemRecords, check_names, mismatches
from sign2gpt.metrics.bootstrap import interval
from sign2gpt.metrics.measures import Measures, measures, resampled
from sign2gpt.metrics.paired import Difference, differences
from sign2gpt.metrics.protocols import Protocol, check_sides, protocol
from sign2gpt.metrics.scores import DECIMALS, protocol_line


@dataclass(frozen=True)
class MeanScore:
    """A measure of a system: mean and standard deviation over its runs, and the interval over sentences."""

    mean: float
    deviation: float | None
    low: float
    high: float


@dataclass(frozen=True)
class ComparedSystem:
    """A system's scores and its differences to the first system, by measure.

    ``content`` is the F1 of each kind of word from the results files, as the mean over runs.
    """

    name: str
    runs: int
    scores: dict[str, MeanScore]
    content: dict[str, float]
    differences: dict[str, Difference] = field(default_factory=lambda: {})


@dataclass(frozen=True)
class Comparison:
    """The first system is the baseline. ``warnings`` are reasons against the comparison, which was forced."""

    protocol_line: str
    references_sha256: str
    sentences: int
    resamples: int
    seed: int
    confidence: float
    systems: list[ComparedSystem]
    warnings: list[str]


def compare_systems(
    systems: Sequence[SystemRecords], *, resamples: int, seed: int, confidence: float, force: bool = False
) -> Comparison:
    """Scores every system under the first one's protocol, and tests its difference to the first.

    Raises:
        UserError: fewer than two systems, the same name twice, or, unless ``force`` is given, different protocols or
            references; with it, no sentence in common.
    """
    if len(systems) < 2:
        raise UserError("nothing to compare: name at least two results files")
    check_names([system.name for system in systems], "NAME=FILE")
    records = [record for system in systems for record in system.records]
    first = records[0]
    warnings = mismatches(systems)
    if warnings and not force:
        raise UserError(f"{'; '.join(warnings)}: not comparable (--force compares the sentences in common)")
    chosen = protocol(first.protocol)
    shared = _common(records) if warnings else None
    measured = [[_measures(record, shared, chosen) for record in system.records] for system in systems]
    kinds = [] if warnings else _kinds(records)
    rows = [
        ComparedSystem(
            system.name,
            len(found),
            _mean_scores(found, resamples=resamples, seed=seed, confidence=confidence),
            _content(system.records, kinds),
            differences(found, measured[0], resamples=resamples, seed=seed, confidence=confidence) if index else {},
        )
        for index, (system, found) in enumerate(zip(systems, measured, strict=True))
    ]
    scored = _chosen(first, shared)
    line = protocol_line(chosen, len(scored), *_decoding(systems))
    hashed = references_hash(s.reference for s in scored)
    return Comparison(line, hashed, len(scored), resamples, seed, confidence, rows, warnings)


def _common(records: Sequence[Record]) -> list[str]:
    """Ids of the sentences in every results file, in the order of the first."""
    known = set[str].intersection(*({s.id for s in record.sentences} for record in records))
    shared = [s.id for s in records[0].sentences if s.id in known]
    if not shared:
        raise UserError("the results files have no sentence in common")
    return shared


def _chosen(record: Record, ids: Sequence[str] | None) -> list[ScoredSentence]:
    """The sentences with these ids, in their order; all if ``ids`` is None."""
    by_id = {s.id: s for s in record.sentences}
    return record.sentences if ids is None else [by_id[name] for name in ids]


def _measures(record: Record, ids: Sequence[str] | None, chosen: Protocol) -> Measures:
    sentences = _chosen(record, ids)
    hypotheses, references = [s.hypothesis for s in sentences], [s.reference for s in sentences]
    check_sides(hypotheses, references, chosen)
    return measures(hypotheses, references, chosen)


def _mean_scores(runs: Sequence[Measures], *, resamples: int, seed: int, confidence: float) -> dict[str, MeanScore]:
    samples = [resampled(run, resamples, seed) for run in runs]
    found: dict[str, MeanScore] = {}
    for name in runs[0]:
        scores = [run[name].score for run in runs]
        low, high = interval(np.mean([values[name] for values in samples], axis=0), confidence)
        deviation = round(float(np.std(scores, ddof=1)), DECIMALS) if len(scores) > 1 else None
        mean = round(float(np.mean(scores)), DECIMALS)
        found[name] = MeanScore(mean, deviation, round(low, DECIMALS), round(high, DECIMALS))
    return found


def _content(records: Sequence[Record], kinds: Sequence[str]) -> dict[str, float]:
    """Mean F1 of each kind over a system's runs."""
    found = [record.content.kinds for record in records if record.content is not None]
    return {kind: round(float(np.mean([kinds[kind].f1.score for kinds in found])), DECIMALS) for kind in kinds}


def _kinds(records: Sequence[Record]) -> list[str]:
    """The kinds of words that all results files have; empty if one has none, or used another tagger."""
    first = records[0].content
    if first is None or any(r.content is None or r.content.tagger != first.tagger for r in records):
        return []
    return [kind for kind in first.kinds if all(r.content and kind in r.content.kinds for r in records)]


def _decoding(systems: Sequence[SystemRecords]) -> list[str]:
    """The decoding settings where they are known: once if all are equal, else by system."""
    settings = {system.name: " or ".join(sorted({record.decoding for record in system.records})) for system in systems}
    if len(set(settings.values())) > 1:
        return ["; ".join(f"{name}: {line or 'decoding unknown'}" for name, line in settings.items())]
    return [line for line in list(settings.values())[:1] if line]
