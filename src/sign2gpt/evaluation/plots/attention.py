"""Cross-attention of each word over a clip, drawn below the clip's frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.common.installation import require
from sign2gpt.evaluation.plots.localisation import GAP, LEFT, RIGHT, THUMBNAILS, WIDTH, draw_frames
from sign2gpt.evaluation.plots.style import columns, shades
from sign2gpt.inference.explain import Attention

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW, FOOT, TOP = 0.19, 0.42, 0.04
LONGEST = 17
"""Letters that fit to the left of the picture; a longer word is cut."""


def attention_picture(found: Attention, frames: np.ndarray | None = None) -> Figure:
    """One row per word, in the order of the sentence, each scaled to its own highest weight.

    Args:
        frames: (T*, H, W, 3) uint8 to draw above [default: no frames].
    """
    inner = WIDTH - LEFT - RIGHT
    tall = ROW * len(found.words)
    strip = 0.0 if frames is None else inner / THUMBNAILS * frames.shape[1] / frames.shape[2] + GAP
    height = FOOT + tall + strip + TOP
    figure = require("matplotlib.figure", "report").Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((LEFT / WIDTH, FOOT / height, inner / WIDTH, tall / height))
    until = found.weights.shape[1] * found.seconds_per_token
    scaled = found.weights / found.weights.max(axis=1, keepdims=True)
    axes.imshow(shades(scaled), aspect="auto", interpolation="none", extent=(0, until, len(found.words) - 0.5, -0.5))
    axes.set_xlim(0, found.duration_s)
    axes.set_yticks(range(len(found.words)), [_short(word) for word in found.words])
    axes.hlines(np.arange(len(found.words) - 1) + 0.5, 0, found.duration_s, colors="#8a8a8a", linewidth=0.3, alpha=0.5)
    axes.tick_params(length=0)
    axes.tick_params(axis="x", length=2)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("seconds")
    if frames is not None:
        above = figure.add_axes((LEFT / WIDTH, (FOOT + tall + GAP) / height, inner / WIDTH, (strip - GAP) / height))
        draw_frames(above, frames, found.duration_s)
    return figure


def _short(word: str) -> str:
    if columns(word) <= LONGEST:
        return word
    while columns(word) >= LONGEST:
        word = word[:-1]
    return word + "…"
