"""The report's learning curves, and what became of the pretraining's head."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from sign2gpt.evaluation.curves import Log, panels
from sign2gpt.evaluation.figures import Figures
from sign2gpt.evaluation.html import Cell, table
from sign2gpt.evaluation.inside import Inside

ROUNDING = 0.005
MEASURES = {"precision": "precision", "recall": "recall", "f1": "F1"}


def learning(pretraining: Log | None, runs: Mapping[str, Inside], figures: Figures) -> str:
    """Curves of pretraining and of each run, and how well pseudo-glosses are found; nothing where neither is known."""
    logs = {name: run.log for name, run in runs.items() if run.log is not None}
    shown = "".join(figures.add(*panel) for panel in panels(pretraining, logs))
    found = _pretraining({name: run for name, run in runs.items() if run.presence})
    if not (shown or found):
        return ""
    return (
        '<section aria-labelledby="learning"><h2 id="learning">How it learned</h2>'
        f'<div class="panels">{shown}</div>{found}</section>'
    )


def _pretraining(runs: Mapping[str, Inside]) -> str:
    """How the pretraining's head fared on dev before and after each translation training."""
    if not runs:
        return ""
    rows: list[list[Cell]] = []
    fates = ""
    for name, run in runs.items():
        before, after = run.presence
        for when, values in (("after pretraining", before), ("with the encoder after translation training", after)):
            row = when if len(runs) == 1 else f"{name}, {when}"
            rows.append([row, *(f"{values[measure]:.2f}" for measure in MEASURES)])
        fates += f"<li>{escape(name)}: {_fate(run, before['f1_at_0.2'], after['f1_at_0.2'])}</li>"
    shown = table("Pseudo-glosses found in whole clips, 0 to 1, more is better", ["", *MEASURES.values()], rows)
    return f'<h3>Pretraining</h3><div class="scroll">{shown}</div><ul>{fates}</ul>'


def _fate(run: Inside, before: float, after: float) -> str:
    """What the translation training did to the head, and which encoder places pseudo-glosses since."""
    change = f"F1 on dev at threshold 0.2 was {before:.2f} before the translation training and is {after:.2f} after it"
    if run.localizer:
        return f"{change}. The pretrained encoder is kept as well, and places the pseudo-glosses."
    fell = before - after >= ROUNDING
    why = "That is less, but not by enough to keep the pretrained encoder as well" if fell else "It did not fall"
    return f"{change}. {why}: the encoder that translates also places the pseudo-glosses."
