"""Learning curves, read from the JSON lines of a training log."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import LARGEST_LISTS, read_text
from sign2gpt.common.installation import require
from sign2gpt.evaluation.plots.style import COLOURS, FAINT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P")
LEGEND = 0.16
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class TrainingLog:
    """A training's log: its steps and its evaluations on dev, in order."""

    steps: list[dict[str, Any]]
    evaluations: list[dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> TrainingLog:
        """Reads JSON lines; skips a last line that is incomplete because the training was killed.

        Raises:
            UserError: the file does not exist, or a line before its last is not JSON.
        """
        lines = read_text(path, LARGEST_LISTS).splitlines()
        kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                if number == len(lines):
                    break
                raise UserError(f"{path}:{number}: not JSON") from None
            kinds[entry["kind"]].append(entry)
        return cls(kinds["step"], kinds["evaluation"])

    def measured(self, name: str) -> Points:
        """A measure of the evaluations, by epoch."""
        there = [entry for entry in self.evaluations if entry.get(name) is not None]
        return [(float(entry["epoch"]), float(entry[name])) for entry in there]

    def loss(self) -> Points:
        """The mean training loss of each epoch, at its end."""
        epochs: dict[int, list[float]] = defaultdict(list)
        for entry in self.steps:
            epochs[int(entry["epoch"])].append(float(entry["loss"]))
        return [(epoch + 1.0, sum(losses) / len(losses)) for epoch, losses in sorted(epochs.items())]


class Panel(NamedTuple):
    """A picture of curves: its file name, its description, and the function that draws it."""

    name: str
    label: str
    draw: Callable[[], Figure]


def curves(lines: Mapping[str, Points], label: str, *, top: float | None = None) -> Figure:
    """One panel over epochs with a line for each name; the legend is below, and lines also differ in marker."""
    figure = require("matplotlib.figure", "report").Figure(figsize=(3.2, 2.57 + LEGEND * len(lines)))
    foot = 0.62 + LEGEND * len(lines)
    height = float(figure.get_figheight())
    axes = figure.add_axes((0.12, foot / height, 0.86, 1.65 / height))
    for index, (name, points) in enumerate(lines.items()):
        epochs, values = zip(*points, strict=True)
        style = STYLES[index // len(COLOURS)]
        colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
        line = axes.plot(epochs, values, style, color=colour, marker=marker, markersize=4, linewidth=1.6, label=name)
        line[0].set_clip_on(False)
    axes.set_xlabel("epoch")
    axes.set_title(label, loc="left", fontsize=9)
    axes.set_ylim(0, top)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color=FAINT, alpha=0.25, linewidth=0.5)
    axes.legend(loc="upper left", bbox_to_anchor=(-0.05, -0.27), borderaxespad=0, frameon=False)
    return figure


def panels(pretraining: TrainingLog | None, logs: Mapping[str, TrainingLog]) -> list[Panel]:
    """The report's panels: F1 of the pretraining, BLEU-4 on dev and loss of each system, where their logs have them."""
    wanted: list[tuple[str, str, dict[str, Points], float | None]] = [
        (
            "bleu4",
            "Translation: BLEU-4 on dev, free-running",
            {n: log.measured("bleu4") for n, log in logs.items()},
            None,
        ),
        ("loss", "Translation: training loss", {name: log.loss() for name, log in logs.items()}, None),
    ]
    if pretraining is not None:
        measures = {"micro F1": pretraining.measured("f1"), "mean per-class F1": pretraining.measured("class_f1")}
        wanted.insert(0, ("pretraining f1", "Pretraining: F1 of pseudo-glosses on dev", measures, 1.0))
    found: list[Panel] = []
    for name, title, lines, top in wanted:
        drawn = {line: points for line, points in lines.items() if points}
        if drawn:
            ends = ", ".join(f"{line} ends at {points[-1][1]:.2f}" for line, points in drawn.items())
            found.append(Panel(name, f"{title}: {ends}", partial(curves, drawn, title, top=top)))
    return found
