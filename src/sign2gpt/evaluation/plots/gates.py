"""How far a run's gates are open: every head of every layer, during training or at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.common.installation import require
from sign2gpt.evaluation.plots.curves import TrainingLog
from sign2gpt.evaluation.plots.style import draw_scale, shades

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, TOP, FOOT, LEFT, RIGHT = 3.7, 0.32, 0.62, 0.62, 0.12
LEAST, MOST, ROW = 1.5, 4.2, 0.055
Gates = Sequence[Sequence[float]]


def gates_in(log: TrainingLog | None) -> list[tuple[float, Gates]]:
    """The gates in a training log, by epoch; empty for logs of older versions, which lack them."""
    entries = [] if log is None else log.evaluations
    return [(float(entry["epoch"]), entry["gates"]) for entry in entries if entry.get("gates")]


def gates_picture(title: str, through: Sequence[tuple[float, Gates]], end: Gates) -> Figure:
    """Rows are heads grouped by layer, columns epochs; without a history, rows are layers and columns heads."""
    heads = sum(map(len, end))
    tall = min(max(LEAST, ROW * heads), MOST) if through else LEAST
    height = TOP + tall + FOOT
    figure = require("matplotlib.figure", "report").Figure(figsize=(WIDTH, height))
    inner = WIDTH - LEFT - RIGHT
    axes = figure.add_axes((LEFT / WIDTH, FOOT / height, inner / WIDTH, tall / height))
    if through:
        _draw_history(axes, through, end)
    else:
        _draw_end(axes, end)
    axes.set_title(title, loc="left", fontsize=9)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    strip = figure.add_axes((LEFT / WIDTH, 0.2 / height, 0.9 / WIDTH, 0.08 / height))
    draw_scale(strip, "closed", "open")
    return figure


def _draw_history(axes: Axes, through: Sequence[tuple[float, Gates]], end: Gates) -> None:
    columns = np.array([np.concatenate([np.asarray(layer) for layer in gates]) for _, gates in through]).T  # (heads, E)
    axes.imshow(shades(columns), aspect="auto", interpolation="none")
    edges = np.cumsum([0, *map(len, end)]) - 0.5
    axes.set_yticks((edges[:-1] + edges[1:]) / 2, [f"layer {number}" for number in range(1, len(end) + 1)])
    axes.hlines(edges, -0.5, len(through) - 0.5, colors="#8a8a8a", linewidth=0.6)
    step = -(-len(through) // 10)
    indices = range(0, len(through), step)
    axes.set_xticks(list(indices), [f"{through[index][0]:g}" for index in indices])
    axes.set_xlabel("epoch", loc="right", labelpad=1)


def _draw_end(axes: Axes, end: Gates) -> None:
    most = max(map(len, end))
    rows = np.array([[*layer, *[np.nan] * (most - len(layer))] for layer in end])
    axes.imshow(shades(np.nan_to_num(rows)), aspect="auto", interpolation="none")
    axes.set_yticks(range(len(end)), [f"layer {number}" for number in range(1, len(end) + 1)])
    axes.hlines(np.arange(len(end) + 1) - 0.5, -0.5, most - 0.5, colors="#8a8a8a", linewidth=0.6)
    axes.set_xticks([0, most - 1], ["1", str(most)])
    axes.set_xlabel("head, at the end of training", loc="right", labelpad=1)
