"""The pace that a given length asks for, within what looks natural."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.signing.body.motion import LONGEST_PAUSE_S, QUICKEST, SLOWEST, fitted


def lasts(natural_s: float, signs: int, seconds: float) -> float:
    pace = fitted(natural_s, signs, seconds)
    return natural_s / pace.speed + signs * pace.pause_s


@given(st.integers(1, 30), st.floats(0.55, 2.1))
def test_a_length_near_the_natural_one_is_kept(signs: int, factor: float) -> None:
    natural_s = 0.44 + 0.45 * signs
    assert lasts(natural_s, signs, natural_s / factor) == pytest.approx(natural_s / factor)


def test_who_has_time_slows_down_a_little_and_then_holds_the_signs() -> None:
    assert fitted(4.0, 8, 5.0).pause_s == 0
    slow = fitted(4.0, 8, 8.0)
    assert slow.speed == SLOWEST
    assert 0 < slow.pause_s < LONGEST_PAUSE_S


def test_beyond_its_bounds_a_sentence_takes_the_nearest_length() -> None:
    assert lasts(4.0, 8, 0.5) == pytest.approx(4.0 / QUICKEST)
    assert lasts(4.0, 8, 60.0) == pytest.approx(4.0 / SLOWEST + 8 * LONGEST_PAUSE_S)
