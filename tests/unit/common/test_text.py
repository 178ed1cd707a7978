from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.text import UNSPACED, marks, normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fu\u0308r", "für"),
        ("ê\u0301", "ế"),  # half composed, as an old Vietnamese keyboard writes it
        ("a\tb\u00a0c\u3000d\u2028e\u202ff\r", "a b c d e f "),
        (" a  b ", " a  b "),
        ("ＡＢ ﬁ", "ＡＢ ﬁ"),  # other letters stay other letters
    ],
)
def test_what_looks_the_same_is_the_same(text: str, expected: str) -> None:
    assert normalised(text) == expected


@given(st.text())
def test_twice_is_once_and_nothing_but_blanks_separates(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once == unicodedata.normalize("NFC", once)
    assert once.split() == [word for word in once.split(" ") if word]
    assert normalised(unicodedata.normalize("NFD", text)) == once


def test_marks_are_unicodes() -> None:
    pattern = re.compile(f"[{marks()}]")
    assert all(pattern.fullmatch(mark) for mark in "\u0308\u0e31\u093f\u0f72\u1036\u17b6\u064b")
    assert not pattern.search("aß9_ '.-]^\\日ก")


def test_scripts_without_blanks() -> None:
    assert all(map(UNSPACED.search, ["日", "か", "カ", "ﾊ", "ก", "ລ", "ក", "မ", "བ", "𠀀"]))
    assert not UNSPACED.search("Grüße, привет שלום नमस्ते 안녕 abc 12。")
