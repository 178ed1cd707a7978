"""The pseudo-glosses of a clip over time, as buttons: each brings the video to its place (`static/page.js`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from sign2gpt.app.words import Words
from sign2gpt.inference.elan import lanes

Gloss = Mapping[str, Any]
NARROWEST_PX, SECOND_PX = 300.0, 90.0
"""The width of a phone, and of a second: a longer clip's timeline is wider than the page, and scrolls."""
LETTER_PX, PADDING_PX = 8.2, 14.0
"""About the width of a letter, so that labels do not touch each other."""


def timeline(placed: Sequence[Gloss] | None, duration_s: float, words: Words) -> str:
    """Markup of `PlacedGloss`es, as plain containers, of a clip of ``duration_s`` seconds; none: nothing."""
    if placed is None:
        return ""
    title = escape(words("timeline"))
    if not placed:
        return (
            f'<section class="timeline"><h3>{title}</h3><p class="quiet">{escape(words("timeline_none"))}</p></section>'
        )
    width = max(NARROWEST_PX, SECOND_PX * duration_s)
    rows = "".join(_row(row, duration_s, words) for row in _rows(placed, duration_s, width))
    now = '<i class="now" aria-hidden="true"></i>'
    track = f'<div class="track" style="min-width:{width:.0f}px">{rows}{_axis(duration_s)}{now}</div>'
    return (
        f'<section class="timeline" data-duration="{duration_s}" aria-label="{title}"><h3>{title}</h3>'
        f'<p class="quiet">{escape(words("timeline_help"))}</p><div class="scroll">{track}</div>'
        f"{_legend(words)}</section>"
    )


def _bar(presence: float) -> str:
    """A bar is the thicker the surer the model is."""
    return f"--thick:{2 + 6 * presence:.1f}px"


def _legend(words: Words) -> str:
    samples = "".join(f'<span><i style="{_bar(share)}"></i>{share:g}</span>' for share in (0.2, 0.6, 1.0))
    return f'<p class="legend quiet">{escape(words("legend"))} {samples}</p>'


def _rows(placed: Sequence[Gloss], duration_s: float, whole_px: float) -> list[list[Gloss]]:
    """The glosses, row by row, so that no label meets its neighbour."""
    spans: list[tuple[float, float, int]] = []
    for index, gloss in enumerate(placed):
        start, end = gloss["start_s"], gloss["end_s"]
        width = (LETTER_PX * len(gloss["gloss"]) + PADDING_PX) * duration_s / whole_px
        if _from_right(start, duration_s):
            spans.append((min(start, end - width), end, index))
        else:
            spans.append((start, max(end, start + width), index))
    return [[placed[index] for _, _, index in row] for row in lanes(spans)]


def _from_right(start_s: float, duration_s: float) -> bool:
    """Labels of the second half end with their gloss, so that the last does not leave the page."""
    return start_s > duration_s / 2


def _row(glosses: Sequence[Gloss], duration_s: float, words: Words) -> str:
    return f'<div class="row">{"".join(_button(gloss, duration_s, words) for gloss in glosses)}</div>'


def _button(gloss: Gloss, duration_s: float, words: Words) -> str:
    name, start, end = escape(gloss["gloss"]), gloss["start_s"], gloss["end_s"]
    presence = words("presence", score=f"{gloss['score']:.2f}")
    told = f"{name}, {start:.1f}–{end:.1f} s, {escape(presence)}"
    side, edge = ("right", duration_s - end) if _from_right(start, duration_s) else ("left", start)
    length = 100 * (end - start) / duration_s
    style = f"{side}:{100 * edge / duration_s:.2f}%;--length:{length:.2f}cqw;{_bar(gloss['score'])}"
    return (
        f'<button type="button" class="{side}" data-start="{start}" data-end="{end}" '
        f'title="{told}" aria-label="{told}" style="{style}">{name}</button>'
    )


def _axis(duration_s: float) -> str:
    step = next((step for step in (1, 2, 5, 10, 30) if duration_s / step <= 30), 60)
    seconds = [second for second in range(0, int(duration_s) + 1, step) if second < 0.95 * duration_s]
    ticks = "".join(f'<span style="left:{100 * second / duration_s:.2f}%">{second} s</span>' for second in seconds)
    return f'<div class="axis" aria-hidden="true">{ticks}</div>'
