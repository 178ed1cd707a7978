"""The report's learning curves, and the pretraining head before and after the translation training."""

from __future__ import annotations

from collections.abc import Mapping

from sign2gpt.evaluation.inside import Inside
from sign2gpt.evaluation.plots.curves import TrainingLog, panels
from sign2gpt.evaluation.report.figures import Figures
from sign2gpt.evaluation.report.html import Cell, Section, Table

ROUNDING = 0.005
MEASURES = {"precision": "precision", "recall": "recall", "f1": "F1"}


def learning(pretraining: TrainingLog | None, runs: Mapping[str, Inside], figures: Figures) -> Section | None:
    """Curves of pretraining and of each run, and how well pseudo-glosses are found; None where neither is known."""
    logs = {name: run.log for name, run in runs.items() if run.log is not None}
    curves = [figures.add(*panel) for panel in panels(pretraining, logs)]
    presence = {name: run for name, run in runs.items() if run.presence}
    if not (curves or presence):
        return None
    fates = [f"{name}: {_fate(run)}" for name, run in presence.items()]
    table = _presence_table(presence) if presence else None
    return Section("learning", "Training", {"curves": curves, "presence": table, "fates": fates})


def _presence_table(runs: Mapping[str, Inside]) -> Table:
    """Scores of the pretraining head on dev before and after each translation training."""
    rows: list[list[Cell]] = []
    for name, run in runs.items():
        before, after = run.presence
        for when, values in (("after pretraining", before), ("with the encoder after translation training", after)):
            row = when if len(runs) == 1 else f"{name}, {when}"
            rows.append([row, *(f"{values[measure]:.2f}" for measure in MEASURES)])
    return Table("Pseudo-glosses found per clip, from 0 to 1, higher is better", ["", *MEASURES.values()], rows)


def _fate(run: Inside) -> str:
    """How the translation training changed the head's F1, and which encoder localises pseudo-glosses."""
    before, after = (measures["f1_at_0.2"] for measures in run.presence)
    change = f"F1 on dev at threshold 0.2 was {before:.2f} before the translation training and {after:.2f} after it"
    if run.localizer:
        return f"{change}. The run also keeps the pretrained encoder, which localises the pseudo-glosses."
    fell = before - after >= ROUNDING
    why = "It fell too little to keep the pretrained encoder as well" if fell else "It did not fall"
    return f"{change}. {why}, so the translation encoder also localises the pseudo-glosses."
