from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.metrics.rouge import longest_common_subsequence, rouge_l


def test_value_by_hand() -> None:
    precision, recall = 2 / 3, 2 / 4
    expected = (1 + 1.44) * precision * recall / (recall + 1.44 * precision)
    assert rouge_l("a x c", "a b c d") == pytest.approx(expected)


def test_double_blank_is_an_empty_token() -> None:
    assert rouge_l("a  b", "a b") < rouge_l("a b", "a b") == 1


def test_nothing_in_common() -> None:
    assert rouge_l("a", "b") == rouge_l("", "b") == 0


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_subsequence_is_symmetric_and_bounded(first: list[str], second: list[str]) -> None:
    length = longest_common_subsequence(first, second)
    assert length == longest_common_subsequence(second, first)
    assert length <= min(len(first), len(second))
    assert longest_common_subsequence(first, first) == len(first)
    assert longest_common_subsequence(first, second + first) == len(first)
