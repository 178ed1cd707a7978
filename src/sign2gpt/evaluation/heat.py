"""Values from 0 to 1 as shades of one colour, clear at 0, so that a picture serves light pages and dark ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.evaluation.localisation import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def shades(values: np.ndarray) -> np.ndarray:
    """(rows, columns) in 0..1 -> RGBA of the same shape: the first colour, the more of it the higher."""
    red, green, blue = (int(COLOURS[0][place : place + 2], 16) / 255 for place in (1, 3, 5))
    return np.stack([np.full(values.shape, part) for part in (red, green, blue)] + [values.clip(0, 1)], axis=-1)


def draw_scale(axes: Axes, low: str, high: str) -> None:
    """A strip from 0 to 1 with its ends named."""
    axes.imshow(shades(np.linspace(0, 1, 64)[None]), aspect="auto", extent=(0, 1, 0, 1))
    axes.set_yticks([])
    axes.set_xticks([0, 1], [low, high])
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)
