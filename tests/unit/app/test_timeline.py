"""The timeline: every gloss at its place, no label over another, nothing that is not text becomes markup."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from pages import Page

from sign2gpt.app.page.timeline import LETTER_PX, NARROWEST_PX, PADDING_PX, SECOND_PX, timeline
from sign2gpt.app.texts import texts_of

WORDS = texts_of("en")
DURATION_S = 4.0


@st.composite
def placed(draw: st.DrawFn) -> list[dict[str, object]]:
    found = []
    for _ in range(draw(st.integers(1, 12))):
        start = draw(st.integers(0, 24)) * 0.16
        length = draw(st.integers(1, 3)) * 0.16
        name = draw(st.sampled_from(["ich", "nachmittag", "fünfundzwanzig", "<b>&"]))
        found.append({"gloss": name, "start_s": start, "end_s": min(start + length, DURATION_S), "score": 0.5})
    return found


def rows(markup: str) -> list[list[tuple[float, float]]]:
    """Where labels begin and end, in pixels, row by row."""
    whole, found = max(NARROWEST_PX, SECOND_PX * DURATION_S), []
    for row in markup.split('<div class="row">')[1:]:
        spans = []
        for side, edge, label in re.findall(r'style="(left|right):([\d.]+)%[^>]*>([^<]*)</button>', row):
            width = LETTER_PX * len(label.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) + PADDING_PX
            at = float(edge) / 100 * whole
            spans.append((at, at + width) if side == "left" else (whole - at - width, whole - at))
        found.append(sorted(spans))
    return found


@given(placed())
def test_labels_do_not_meet(glosses: list[dict[str, object]]) -> None:
    markup = timeline(glosses, DURATION_S, WORDS)
    found = rows(markup)
    assert sum(map(len, found)) == len(glosses)
    for row in found:
        assert all(first[1] <= second[0] + 0.5 for first, second in pairwise(row))


@given(placed())
def test_every_gloss_is_a_button_with_its_times(glosses: list[dict[str, object]]) -> None:
    page = Page()
    page.feed(timeline(glosses, DURATION_S, WORDS))
    assert page.open == []
    buttons = [attributes for tag, attributes in page.tags if tag == "button"]
    assert sorted(float(button["data-start"] or -1) for button in buttons) == sorted(g["start_s"] for g in glosses)  # pyright: ignore
    assert all(button["aria-label"] for button in buttons)


def test_a_run_without_a_head_has_no_timeline_and_a_clip_without_glosses_states_it() -> None:
    assert timeline(None, 3.0, WORDS) == ""
    assert WORDS("timeline_none") in timeline([], 3.0, WORDS)
