"""The pseudo-glosses of a clip over time, as buttons: each moves the video to its place (`static/page.js`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sign2gpt.app.texts import Texts
from sign2gpt.inference.captions.elan import lanes

Gloss = Mapping[str, Any]
NARROWEST_PX, SECOND_PX = 300.0, 90.0
"""Width of a phone, and of a second: the timeline of a longer clip is wider than the page, and scrolls."""
LETTER_PX, PADDING_PX = 8.2, 14.0
"""About the width of a letter, so that labels do not touch each other."""


def timeline(placed: Sequence[Gloss] | None, duration_s: float, texts: Texts) -> str:
    """HTML of `PlacedGloss`es, as plain containers, of a clip of ``duration_s`` seconds; of None it is empty."""
    if placed is None:
        return ""
    width_px = max(NARROWEST_PX, SECOND_PX * duration_s)
    rows = [[_label(gloss, duration_s, texts) for gloss in row] for row in _rows(placed, duration_s, width_px)]
    return texts.render("timeline", rows=rows, duration_s=duration_s, width_px=width_px, ticks=_ticks(duration_s))


def _rows(placed: Sequence[Gloss], duration_s: float, width_px: float) -> list[list[Gloss]]:
    """The glosses, row by row, so that no label overlaps another."""
    spans: list[tuple[float, float, int]] = []
    for index, gloss in enumerate(placed):
        start, end = gloss["start_s"], gloss["end_s"]
        label_s = (LETTER_PX * len(gloss["gloss"]) + PADDING_PX) * duration_s / width_px
        if _from_right(start, duration_s):
            spans.append((min(start, end - label_s), end, index))
        else:
            spans.append((start, max(end, start + label_s), index))
    return [[placed[index] for _, _, index in row] for row in lanes(spans)]


def _from_right(start_s: float, duration_s: float) -> bool:
    """Whether a label ends with its gloss: those of the second half do, so that the last stays on the page."""
    return start_s > duration_s / 2


def _label(gloss: Gloss, duration_s: float, texts: Texts) -> dict[str, Any]:
    """A gloss as its button shows it; ``edge`` and ``length`` are shares of the timeline in percent."""
    start, end = gloss["start_s"], gloss["end_s"]
    presence = texts("presence", score=f"{gloss['score']:.2f}")
    side, edge = ("right", duration_s - end) if _from_right(start, duration_s) else ("left", start)
    title = f"{gloss['gloss']}, {start:.1f}–{end:.1f} s, {presence}"
    place = {"side": side, "edge": 100 * edge / duration_s, "length": 100 * (end - start) / duration_s}
    return {**gloss, **place, "title": title}


def _ticks(duration_s: float) -> dict[int, float]:
    """Seconds on the axis, and where they are in percent."""
    step = next((step for step in (1, 2, 5, 10, 30) if duration_s / step <= 30), 60)
    seconds = range(0, int(duration_s) + 1, step)
    return {second: 100 * second / duration_s for second in seconds if second < 0.95 * duration_s}
