"""The map of a run's signs: similar signs are near each other, the most frequent pseudo-glosses in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.common.installation import require
from sign2gpt.evaluation.plots.style import COLOURS, FAINT, INK, columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, TOP = 3.7, 0.3
NAMED = 12
MARKERS = ("o", "^", "s")
EDGE = 0.12
"""Share of the map's width that counts as its edge, where names are aligned inwards."""
RISES = tuple(rise for step in range(0, 70, 10) for rise in (5 + step, -12 - step))
"""Offsets of a name from the middle of its signs, in points; the first free one is used."""
NAME = "#1d1f23"
"""Dark on dark pages as well, since the names have a white halo."""
LETTER, TALL = 4.8, 10.0
"""Width of a letter and height of a name, in points."""
Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in points."""


def map_picture(title: str, glosses: Sequence[str], points: np.ndarray) -> Figure:
    """``points`` (N, 2) of signs by their pseudo-gloss; `NAMED` of them have a name, a colour and a marker."""
    figure = require("matplotlib.figure", "report").Figure(figsize=(SIZE, SIZE + TOP))
    axes = figure.add_axes((0.01, 0.01, 0.98, SIZE / (SIZE + TOP) - 0.02))
    named = list(dict.fromkeys(glosses))[:NAMED]
    rest = [index for index, gloss in enumerate(glosses) if gloss not in named]
    axes.scatter(*points[rest].T, s=5, color=FAINT, alpha=0.35, linewidths=0)
    middles: dict[str, np.ndarray] = {}
    for number, name in enumerate(named):
        own = points[[index for index, gloss in enumerate(glosses) if gloss == name]]
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number // len(COLOURS) % len(MARKERS)]
        axes.scatter(*own.T, s=14, color=colour, marker=marker, alpha=0.75, linewidths=0)
        middles[name] = own[np.abs(own - np.median(own, axis=0)).sum(axis=1).argmin()]  # the most central sign
        axes.scatter(*middles[name], s=26, color=colour, marker=marker, edgecolors=INK, linewidths=0.8, zorder=3)
    _write_names(axes, middles, points)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.06)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)
    axes.set_title(title, loc="left", fontsize=9)
    return figure


def _write_names(axes: Axes, middles: Mapping[str, np.ndarray], points: np.ndarray) -> None:
    """Each name above or below the middle of its signs, inside the map and clear of other names."""
    from matplotlib.patheffects import withStroke

    low, size = points.min(axis=0), np.ptp(points, axis=0)
    written: list[Box] = []
    for name, middle in middles.items():
        across, up = (middle - low) / size
        side, before = ("left", 0.0) if across < EDGE else ("right", 1.0) if across > 1 - EDGE else ("center", 0.5)
        wide = columns(name) * LETTER
        left, foot = across * SIZE * 72 - before * wide, up * SIZE * 72
        boxes = {rise: (left, foot + rise, left + wide, foot + rise + TALL) for rise in RISES}
        rise = next((rise for rise, box in boxes.items() if not any(_meet(box, other) for other in written)), RISES[0])
        axes.annotate(
            name,
            tuple(middle),
            (0, rise),
            textcoords="offset points",
            ha=side,
            fontsize=8,
            color=NAME,
            path_effects=[withStroke(linewidth=2.5, foreground="white", alpha=0.85)],
        )
        written.append(boxes[rise])


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
