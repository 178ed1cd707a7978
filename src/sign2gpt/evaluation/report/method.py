"""The report's method: protocol, recipe, command, timings and versions."""

from __future__ import annotations

from collections.abc import Mapping

from sign2gpt.common.config import to_yaml
from sign2gpt.evaluation.record import Record
from sign2gpt.evaluation.report.html import Cell, Section, Table
from sign2gpt.evaluation.tables import signatures
from sign2gpt.metrics.protocols import protocol


def method(system: Record, command: str, timings: Mapping[str, float]) -> Section:
    """Everything needed to reproduce the numbers."""
    stages: list[list[Cell]] = [[name, _duration(seconds)] for name, seconds in timings.items()]
    if len(stages) > 1:
        stages.append(["total", _duration(sum(timings.values()))])
    facts = {
        "protocol": protocol(system.protocol),
        "bootstrap": system.bootstrap,
        "seed": system.seed,
        "notes": system.notes,
        "timings": Table("Time of each stage", ["", "time"], stages),
        "versions": Table("Versions", ["", ""], _versions(system)),
        "signatures": "\n".join(signatures(system.scores)),
        "command": command,
        "recipe": to_yaml(system.recipe),
    }
    return Section("method", "Method", facts)


def _versions(system: Record) -> list[list[Cell]]:
    values = {name: value for name, value in system.system.items() if isinstance(value, str)}
    values |= system.system["packages"]
    values["corpus metadata (SHA-256)"] = system.corpus.metadata_sha256
    return [[name, _short(value)] for name, value in values.items()]


def _short(value: str) -> str:
    """The first digits of a hash; the results file has all of them."""
    return value if len(value) < 30 else value[:12] + ("+changes" if value.endswith("+changes") else "…")


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {round(seconds % 60):02d} s"
