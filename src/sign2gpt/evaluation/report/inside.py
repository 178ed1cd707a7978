"""The report's view inside: how far the gates to the video are open, and how well signs are separated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from markupsafe import Markup

from sign2gpt.common.progress import track
from sign2gpt.evaluation.inside import Inside
from sign2gpt.evaluation.plots.density import FEWEST, MAPPED, MOST, PlacedSigns, sign_density, sign_map
from sign2gpt.evaluation.plots.gates import Gates, gates_picture
from sign2gpt.evaluation.plots.sign_map import map_picture
from sign2gpt.evaluation.report.figures import Figures
from sign2gpt.evaluation.report.html import Cell, Section, Table

DENSEST = 12
CAPTION = f"Mean over the pseudo-glosses with {FEWEST} signs or more, at most {MOST} signs of each; lower is better"
OPEN = 0.05
"""A gate below this adds almost nothing."""


def inside_runs(runs: Mapping[str, Inside], seed: int, figures: Figures) -> Section | None:
    """Gates, sign density and sign maps of every run; None where no run is available."""
    gated = {name: run for name, run in runs.items() if run.gates}
    facts = (_gates(gated, figures) if gated else {}) | _density(runs, seed, figures)
    return Section("inside", "Inside the model", facts) if any(facts.values()) else None


def _gates(runs: Mapping[str, Inside], figures: Figures) -> dict[str, Any]:
    summaries = {name: gate_summary(run.gates) for name, run in runs.items()}
    pictures = [
        figures.add(
            f"gates {name}", f"Gates of {name}: {summaries[name]}", partial(gates_picture, name, run.through, run.gates)
        )
        for name, run in runs.items()
    ]
    return {
        "gates": [f"{name}: {summary}." for name, summary in summaries.items()],
        "gate_pictures": pictures,
        "without_history": [name for name, run in runs.items() if not run.through],
    }


def gate_summary(gates: Gates) -> str:
    """How far gates are open, in one line."""
    values = np.concatenate([np.asarray(layer) for layer in gates])
    most = int(np.argmax([np.mean(layer) for layer in gates])) + 1
    summary = (
        f"{int((values > OPEN).sum())} of {len(values)} heads have a gate above {OPEN:g}, mean {values.mean():.2f}"
    )
    return summary + (f", highest in layer {most}" if values.any() and len(gates) > 1 else "")


def _density(runs: Mapping[str, Inside], seed: int, figures: Figures) -> dict[str, Any]:
    found = {name: sign_density(run.signs) for name, run in runs.items()}
    known = {name: ratios for name, ratios in found.items() if ratios}
    if not known:
        return {"density": None}
    rows: list[list[Cell]] = [
        [name, f"{np.mean(list(ratios.values())):.3f}", str(len(ratios)), str(len(runs[name].signs.glosses))]
        for name, ratios in known.items()
    ]
    return {
        "density": Table(CAPTION, ["", "sign density ratio", "pseudo-glosses", "signs"], rows),
        "maps": [_map(name, runs[name].signs, known[name], seed, figures) for name in track(list(known), "sign maps")],
        "densest": _densest(known, runs[next(iter(known))].signs),
    }


def _map(name: str, signs: PlacedSigns, ratios: Mapping[str, float], seed: int, figures: Figures) -> Markup:
    glosses, points = sign_map(signs, seed)
    title = f"{name}: SDR {np.mean(list(ratios.values())):.3f}"
    label = f"Map of {len(glosses)} signs of {name} by pseudo-gloss, at most {MAPPED}, the most frequent in colour"
    return figures.add(f"signs {name}", label, partial(map_picture, title, glosses, points))


def _densest(found: Mapping[str, Mapping[str, float]], signs: PlacedSigns) -> Table:
    """Pseudo-glosses with the highest ratios in the first run."""
    first = next(iter(found.values()))
    counts = Counter(signs.glosses)
    densest = sorted(first, key=lambda gloss: (-first[gloss], gloss))[:DENSEST]
    rows: list[list[Cell]] = [
        [gloss, str(counts[gloss]), *(f"{ratios[gloss]:.2f}" for ratios in found.values())] for gloss in densest
    ]
    caption = "The densest pseudo-glosses: number of signs and sign density ratio"
    return Table(caption, ["", "signs", *found], rows)
