"""Groups of clips that pass a model together: by clips, by frames, and whole before an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.inference.clip_reader import CLIPS, FRAMES, together


@given(st.lists(st.integers(1, FRAMES + 9)), st.integers(1, CLIPS))
def test_groups_are_the_clips_in_order_and_bounded(frames: list[int], first: int):
    groups = list(together(frames, int, first))
    assert [clip for group in groups for clip in group] == frames
    assert all(len(group) == 1 or sum(group) <= FRAMES for group in groups)
    assert all(0 < len(group) <= min(first * 2**number, CLIPS) for number, group in enumerate(groups))


def test_short_clips_fill_groups_that_grow_to_their_most():
    assert [len(group) for group in together([1] * 50, int)] == [16, 16, 16, 2]
    assert [len(group) for group in together([1] * 50, int, first=1)] == [1, 2, 4, 8, 16, 16, 3]
    assert list(together([600, 424, 1, 2000, 5], int)) == [[600, 424], [1], [2000], [5]]
    assert list(together([], int)) == []


def test_clips_before_an_error_are_not_lost():
    def clips() -> Iterator[int]:
        yield from (1, 2, 3)
        raise UserError("damaged")

    found: list[list[int]] = []
    with pytest.raises(UserError, match="damaged"):
        found.extend(together(clips(), int))
    assert found == [[1, 2, 3]]
