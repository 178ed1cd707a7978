"""Frames that a program already holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.video.arrays import fit_frames, fit_stream


def numbered(count: int, size: int = 4) -> np.ndarray:
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, size, size, 3))


@given(st.integers(1, 200), st.sampled_from([10.0, 25.0, 29.97, 50.0]))
def test_a_rate_keeps_the_length_in_seconds(count: int, rate: float) -> None:
    fitted = fit_frames(numbered(count), rate, 25.0, 4)
    assert abs(len(fitted) / 25.0 - count / rate) <= 0.5 / 25.0 + 1e-9 or len(fitted) == 1
    assert (np.diff(fitted[:, 0, 0, 0].astype(int)) >= 0).all()


@given(st.integers(1, 60), st.floats(1, 200), st.floats(1, 100), st.sampled_from([4, 7]))
def test_frames_one_by_one_become_the_same(count: int, rate: float, wanted: float, size: int) -> None:
    frames = numbered(count)
    found = np.stack(list(fit_stream(iter(frames), rate, wanted, size)))
    np.testing.assert_array_equal(found, fit_frames(frames, rate, wanted, size))


def test_half_the_rate_takes_every_second_frame() -> None:
    assert fit_frames(numbered(10), 50.0, 25.0, 4)[:, 0, 0, 0].tolist() == [0, 2, 4, 6, 8]


def test_size_is_brought_to_the_square() -> None:
    assert fit_frames(numbered(3, 7), 25.0, 25.0, 16).shape == (3, 16, 16, 3)


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (4, 4, 3), (2, 4, 4, 1)])
def test_what_is_no_clip_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"\(T, H, W, 3\)"):
        fit_frames(np.zeros(shape, np.uint8), 25.0, 25.0, 4)
