"""YAML of strangers: plain values as PyYAML reads them, all else refused in one line."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.plain_yaml import DEPTH, parse

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10)
values = st.recursive(leaves, lambda inside: st.lists(inside) | st.dictionaries(st.text(max_size=5), inside))


@given(values)
def test_plain_values_come_back(value: object) -> None:
    assert parse(yaml.safe_dump(value)) == value


def test_anchors_may_be_used_but_not_unfold_without_end() -> None:
    assert parse("a: &a [1, 2]\nb: *a\nc: {<<: {d: 3}}\n") == {"a": [1, 2], "b": [1, 2], "c": {"d": 3}}
    lines = [f"{after}: &{after} [{', '.join(['*' + name] * 9)}]" for name, after in zip("abcdefgh", "bcdefghi")]  # noqa: B905
    with pytest.raises(ValueError, match="more than 100,000 values"):
        parse("a: &a [x]\n" + "\n".join(lines))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [*a]", "too deep"),
        ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), "too deep"),
        ("[" * 100_000, "too deep"),
        ("x" * 2_000_000, "more than 1,048,576 characters"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: 2024-13-45", "month must be in"),
        ("a: " + "9" * 5000, "digits"),
        ('a: "\\ud800"', "surrogates"),
        ("a: [", "while parsing"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("a: 1\nb:\n  c: 1\n  'c': 2\n", "line 4: the key 'c' is already in line 3"),
        ("a: {b: 1, b: 2}", "line 1: the key 'b' is already in line 1"),
    ],
)
def test_what_is_refused_is_told_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as told:
        parse(text)
    assert "\n" not in str(told.value)
