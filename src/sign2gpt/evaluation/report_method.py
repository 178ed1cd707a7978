"""The report's method: protocol, recipe, command, timings and versions."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from sign2gpt.common.config import to_yaml
from sign2gpt.evaluation.html import Cell, table
from sign2gpt.evaluation.record import Record
from sign2gpt.evaluation.tables import LABELS, SIGNED
from sign2gpt.metrics.protocols import protocol


def method(system: Record, command: str, timings: Mapping[str, float]) -> str:
    """All that is needed to get the same numbers again."""
    chosen = protocol(system.protocol)
    signatures = "\n".join(f"{LABELS[name]:8} {system.scores[name].signature}" for name in SIGNED)
    stages: list[list[Cell]] = [[name, _duration(seconds)] for name, seconds in timings.items()]
    if len(stages) > 1:
        stages.append(["all", _duration(sum(timings.values()))])
    recipe = to_yaml(system.recipe)
    return (
        '<section aria-labelledby="method"><h2 id="method">How this was made</h2>'
        f"<p>Protocol <code>{escape(chosen.name)}</code>: {escape(chosen.about)}. Scores are corpus-level sacreBLEU, "
        f"ROUGE-L the mean of sentences; intervals from {system.bootstrap} bootstrap resamples of the sentences, seed "
        f"{system.seed}. {escape(system.notes)}</p>"
        f'<div class="columns"><div class="scroll">{table("Time of each stage", ["", "time"], stages)}</div>'
        f'<div class="scroll">{table("Versions", ["", ""], _versions(system))}</div></div>'
        f"<h3>Signatures</h3><pre><code>{escape(signatures)}</code></pre>"
        f"<h3>Command</h3><pre><code>{escape(command)}</code></pre>"
        f"<details><summary>The recipe, whole</summary><pre><code>{escape(recipe)}</code></pre></details></section>"
    )


def _versions(system: Record) -> list[list[Cell]]:
    told = {name: value for name, value in system.system.items() if isinstance(value, str)}
    told |= system.system["packages"]
    told["corpus metadata (SHA-256)"] = system.corpus.metadata_sha256
    return [[name, _short(value)] for name, value in told.items()]


def _short(value: str) -> str:
    """A hash by its first digits; the record has all of them."""
    return value if len(value) < 30 else value[:12] + ("+changes" if value.endswith("+changes") else "…")


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {round(seconds % 60):02d} s"
