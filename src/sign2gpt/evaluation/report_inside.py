"""The report's view inside: how far the decoder opens to the video, and how far apart the signs are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from html import escape

import numpy as np

from sign2gpt.common.progress import track
from sign2gpt.evaluation.density import FEWEST, MAPPED, MOST, Signs, sign_density, sign_map
from sign2gpt.evaluation.figures import Figures
from sign2gpt.evaluation.gates import Gates, gates_picture
from sign2gpt.evaluation.html import Cell, table
from sign2gpt.evaluation.inside import Inside
from sign2gpt.evaluation.sign_map import map_picture

DENSEST = 12
CAPTION = f"Mean over the pseudo-glosses with {FEWEST} signs or more, of each at most {MOST} signs; less is better"
OPEN = 0.05
"""A gate under this adds next to nothing."""


def inside_runs(runs: Mapping[str, Inside], seed: int, figures: Figures) -> str:
    """Gates of every run, their density of signs, and maps of them; nothing where no run is at hand."""
    if not runs:
        return ""
    return (
        '<section aria-labelledby="inside"><h2 id="inside">What goes on inside</h2>'
        f"{_gates(runs, figures)}{_density(runs, seed, figures)}</section>"
    )


def _gates(runs: Mapping[str, Inside], figures: Figures) -> str:
    shown = "".join(
        figures.add(
            f"gates {name}",
            f"Gates of {name}: {told_gates(run.gates)}",
            partial(gates_picture, name, run.through, run.gates),
        )
        for name, run in runs.items()
    )
    told = "".join(f"<li>{escape(name)}: {told_gates(run.gates)}.</li>" for name, run in runs.items())
    without = ", ".join(escape(name) for name, run in runs.items() if not run.through)
    missing = f" Of {without} the log tells none: there a row is a layer and a column a head, at the end."
    return (
        "<h3>Gates</h3><p>Each head of the frozen language model has a gate: shut, it reads text alone; open, what it "
        "sees of the clip is added in full. Through training, a row is a head and a column an evaluation on dev."
        f'{missing if without else ""}</p><ul>{told}</ul><div class="panels">{shown}</div>'
    )


def told_gates(gates: Gates) -> str:
    """How far gates are open, in words."""
    values = np.concatenate([np.asarray(layer) for layer in gates])
    most = int(np.argmax([np.mean(layer) for layer in gates])) + 1
    told = f"{int((values > OPEN).sum())} of {len(values)} heads are open over {OPEN:g}, {values.mean():.2f} on average"
    return told + (f", layer {most} the most" if values.any() and len(gates) > 1 else "")


def _density(runs: Mapping[str, Inside], seed: int, figures: Figures) -> str:
    found = {name: sign_density(run.signs) for name, run in runs.items()}
    known = {name: ratios for name, ratios in found.items() if ratios}
    if not known:
        return ""
    rows: list[list[Cell]] = [
        [name, f"{np.mean(list(ratios.values())):.3f}", str(len(ratios)), str(len(runs[name].signs.glosses))]
        for name, ratios in known.items()
    ]
    head = ["", "sign density ratio", "pseudo-glosses", "signs"]
    maps = "".join(_map(name, runs[name].signs, known[name], seed, figures) for name in track(list(known), "sign maps"))
    return (
        "<h3>Signs</h3><p>The sign density ratio (Ye et al. 2024) is the distance between signs of one pseudo-gloss "
        "over that to the signs of the others. Near 0 each lies apart; near 1 all lie among each other, and are hard "
        "to tell apart. A sign is the mean of the sign encoder's features where a pseudo-gloss was placed and belongs. "
        "Nobody annotated these times, the pretraining's head found them; it finds best what it tells apart best, so "
        "read a ratio beside another run's, not alone. On the maps (t-SNE) near is alike; far, size and direction mean "
        f'nothing.</p><div class="scroll">{table(CAPTION, head, rows)}</div><div class="panels">{maps}</div>'
        f'<div class="scroll">{_densest(known, runs[next(iter(known))].signs)}</div>'
    )


def _map(name: str, signs: Signs, ratios: Mapping[str, float], seed: int, figures: Figures) -> str:
    glosses, places = sign_map(signs, seed)
    title = f"{name}: SDR {np.mean(list(ratios.values())):.3f}"
    label = f"Map of {len(glosses)} signs of {name} by pseudo-gloss, at most {MAPPED}, the commonest in colour"
    return figures.add(f"signs {name}", label, partial(map_picture, title, glosses, places))


def _densest(found: Mapping[str, Mapping[str, float]], signs: Signs) -> str:
    """Pseudo-glosses whose signs lie most among others', by the first run."""
    first = next(iter(found.values()))
    counts = Counter(signs.glosses)
    densest = sorted(first, key=lambda gloss: (-first[gloss], gloss))[:DENSEST]
    rows: list[list[Cell]] = [
        [gloss, str(counts[gloss]), *(f"{ratios[gloss]:.2f}" for ratios in found.values())] for gloss in densest
    ]
    caption = "The densest pseudo-glosses: how many signs each has, and its sign density ratio"
    return table(caption, ["", "signs", *found], rows)
