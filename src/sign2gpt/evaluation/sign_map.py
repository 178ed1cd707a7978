"""The map of a run's signs: those that look alike to it lie together, the commonest pseudo-glosses in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.common.extras import require
from sign2gpt.evaluation.localisation import COLOURS, FAINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE, TOP = 3.7, 0.3
NAMED = 12
MARKERS = ("o", "^", "s")
CROWDED, EDGE = np.array([0.2, 0.06]), 0.12
"""Shares of the map's width and height within which two names would stand on each other, or one on the edge."""
ABOVE, BELOW = 5, -12
"""Where a name stands from the middle of its signs, in points."""


def map_picture(title: str, glosses: Sequence[str], places: np.ndarray) -> Figure:
    """``places`` (N, 2) of signs by their pseudo-gloss; `NAMED` are coloured and named, told apart by marks too."""
    figure = require("matplotlib.figure", "report").Figure(figsize=(SIZE, SIZE + TOP))
    axes = figure.add_axes((0.01, 0.01, 0.98, SIZE / (SIZE + TOP) - 0.02))
    named = list(dict.fromkeys(glosses))[:NAMED]
    rest = [place for place, gloss in enumerate(glosses) if gloss not in named]
    axes.scatter(*places[rest].T, s=5, color=FAINT, alpha=0.35, linewidths=0)
    middles: dict[str, np.ndarray] = {}
    for number, name in enumerate(named):
        own = places[[place for place, gloss in enumerate(glosses) if gloss == name]]
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number // len(COLOURS) % len(MARKERS)]
        axes.scatter(*own.T, s=14, color=colour, marker=marker, alpha=0.75, linewidths=0)
        middles[name] = own[np.abs(own - np.median(own, axis=0)).sum(axis=1).argmin()]  # of most; some lie apart
    _write_names(axes, middles, places)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(0.06)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)
    axes.set_title(title, loc="left", fontsize=9)
    return figure


def _write_names(axes: Axes, middles: Mapping[str, np.ndarray], places: np.ndarray) -> None:
    """Each name above the middle of its signs, or below where another stands already, and inside the map."""
    from matplotlib.patheffects import withStroke

    low, size = places.min(axis=0), np.ptp(places, axis=0)
    written: list[np.ndarray] = []
    for name, middle in middles.items():
        shares = (middle - low) / size
        crowded = any((np.abs(shares - other) < CROWDED).all() for other in written)
        side = "left" if shares[0] < EDGE else "right" if shares[0] > 1 - EDGE else "center"
        axes.annotate(
            name,
            tuple(middle),
            (0, BELOW if crowded else ABOVE),
            textcoords="offset points",
            ha=side,
            fontsize=8,
            color="#1d1f23",
            path_effects=[withStroke(linewidth=2.5, foreground="white", alpha=0.85)],
        )
        written.append(shares)
