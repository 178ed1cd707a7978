"""The paper's Figure 4: frames, presence of each pseudo-gloss over time, and localised pseudo-glosses below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sign2gpt.common.files import atomic_file
from sign2gpt.common.installation import require
from sign2gpt.evaluation.plots.style import COLOURS, FAINT, check_letters, columns, drawing_style
from sign2gpt.inference.captions.elan import lanes
from sign2gpt.inference.localisation import Localisation
from sign2gpt.inference.translation import PlacedGloss

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT = 9.0, 1.15, 0.12
CURVES, LANE, GAP, FOOT = 1.5, 0.26, 0.1, 0.5
LETTER = 0.08
THUMBNAILS = 9
UNPLACED_SHOWN = 4

Rows = list[list[tuple[float, float, PlacedGloss]]]


def save_picture(
    path: Path, frames: np.ndarray, found: Localisation, placed: Sequence[PlacedGloss], *, title: str = ""
) -> None:
    """Draws `picture` into a .png, .svg or .pdf file.

    Raises:
        UserError: no installed font has one of its letters.
    """
    check_letters(title + "".join(_colours(found, placed)))
    with drawing_style():
        figure = picture(frames, found, placed, title=title)
        with atomic_file(path) as partial:
            figure.savefig(partial, dpi=160)


def picture(frames: np.ndarray, found: Localisation, placed: Sequence[PlacedGloss], *, title: str = "") -> Figure:
    """A figure of one clip.

    Args:
        frames: (T*, H, W, 3) uint8, the frames that the presence was computed from.
        found: presence over time.
        placed: pseudo-glosses to draw below with their presence; if empty, the presence of the strongest is drawn.
    """
    placed = [gloss.later(-found.start_s) for gloss in placed]  # a figure counts from the clip's first frame
    inner = WIDTH - LEFT - RIGHT
    letter_s = LETTER / inner * found.duration_s
    rows = lanes((gloss.start_s, _shown_until(gloss, letter_s), gloss) for gloss in placed)
    strip = inner / THUMBNAILS * frames.shape[1] / frames.shape[2]
    heights = [FOOT + max(len(rows), 1) * LANE, CURVES, strip]
    top = 0.3 if title else 0.05
    height = sum(heights) + 2 * GAP + top
    figure = require("matplotlib.figure", "report").Figure(figsize=(WIDTH, height))

    def axes(bottom: float, tall: float) -> Axes:
        made = figure.add_axes((LEFT / WIDTH, bottom / height, inner / WIDTH, tall / height))
        made.set_xlim(0, found.duration_s)
        return made

    colours = _colours(found, placed)
    _draw_placed(axes(FOOT, heights[0] - FOOT), rows, colours, found.duration_s)
    _draw_curves(axes(heights[0] + GAP, CURVES), found, colours)
    draw_frames(axes(heights[0] + CURVES + 2 * GAP, strip), frames, found.duration_s)
    if title:
        figure.text(LEFT / WIDTH, 1 - 0.06 / height, title, va="top", fontsize=9)
    return figure


def _colours(found: Localisation, placed: Sequence[PlacedGloss]) -> dict[str, str]:
    """The pseudo-glosses to draw in order of time, with their colours."""
    names: list[str] = list(dict.fromkeys(gloss.gloss for gloss in placed))
    if not names:
        strongest = np.argsort(-found.presence.sum(axis=0), kind="stable")[:UNPLACED_SHOWN]
        names = [found.vocabulary[int(index)] for index in strongest]
    return {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)}


def _shown_until(gloss: PlacedGloss, letter_s: float) -> float:
    """Where the span or its name ends, whichever is later, in seconds."""
    return max(gloss.end_s, gloss.start_s + (columns(gloss.gloss) + 1) * letter_s)


def draw_frames(axes: Axes, frames: np.ndarray, duration_s: float) -> None:
    for index in range(THUMBNAILS):
        frame = frames[min(int((index + 0.5) / THUMBNAILS * len(frames)), len(frames) - 1)]
        left, right = (duration_s * edge / THUMBNAILS for edge in (index + 0.03, index + 0.97))
        axes.imshow(frame, extent=(left, right, 0, 1), aspect="auto")
    axes.set_xlim(0, duration_s)
    axes.set_axis_off()


def _draw_curves(axes: Axes, found: Localisation, colours: dict[str, str]) -> None:
    times = (np.arange(len(found.presence)) + 0.5) * found.seconds_per_token
    columns = {name: index for index, name in enumerate(found.vocabulary)}
    for name, colour in colours.items():
        presence = found.presence[:, columns[name]]
        axes.plot(times, presence, color=colour, linewidth=1.4, solid_joinstyle="round")
        axes.fill_between(times, presence, color=colour, alpha=0.15, linewidth=0)
    axes.set_ylim(0, max(0.25, 1.08 * float(found.presence.max(initial=0))))
    axes.set_ylabel("presence")
    axes.tick_params(labelbottom=False, length=2)
    axes.grid(axis="y", color=FAINT, alpha=0.25, linewidth=0.5)


def _draw_placed(axes: Axes, rows: Rows, colours: dict[str, str], duration_s: float) -> None:
    for row, spans in enumerate(rows):
        for start_s, shown_until_s, gloss in spans:
            colour = colours[gloss.gloss]
            axes.barh(row, gloss.end_s - start_s, left=start_s, height=0.72, color=colour, alpha=0.2, linewidth=0)
            axes.plot([start_s, start_s], [row - 0.36, row + 0.36], color=colour, linewidth=2, solid_capstyle="butt")
            edge, side, shift = (duration_s, "right", -2) if shown_until_s > duration_s else (start_s, "left", 4)
            axes.annotate(gloss.gloss, (edge, row), (shift, 0), textcoords="offset points", ha=side, va="center")
    if not rows:
        axes.text(0.5, 0.5, "nothing localised", transform=axes.transAxes, ha="center", va="center", color=FAINT)
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("seconds")
    axes.tick_params(length=2)
