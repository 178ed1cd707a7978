"""Glosses as annotators write them, and the words that they support."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.data.glosses.taggers import Tagged
from sign2gpt.evaluation.words.signs import EXACT, RELATED, SignedGlosses, folded, related


def word(written: str, basic: str = "", kept: bool = True) -> Tagged:
    return Tagged(written, basic or written, "NOUN" if kept else "ADP", kept)


@pytest.mark.parametrize(
    ("glosses", "written", "basic", "supporting"),
    [
        ("REGEN NORD", "regen", "regen", "REGEN"),
        ("MAESSIG WIND", "mäßiger", "mäßig", "MAESSIG"),
        ("neg-REGEN poss-UNS", "regen", "regen", "neg-REGEN"),
        ("negalp-MUSS", "muss", "müssen", "negalp-MUSS"),
        ("HABEN2 SEHEN", "hat", "haben", "HABEN2"),
        ("J+U+L+I", "juli", "juli", "J+U+L+I"),
        ("NORDRHEIN-WESTFALEN", "nordrhein-westfalen", "nordrhein-westfalen", "NORDRHEIN-WESTFALEN"),
        ("HEUTE-NACHT KALT", "nacht", "nacht", "HEUTE-NACHT"),
        ("IN DEUTSCH LAND", "deutschland", "deutschland", "DEUTSCH LAND"),
        ("__ON__ REGEN __OFF__", "on", "on", ""),
        ("你们 好", "你们好", "你们好", "你们 好"),
        ("1 0", "1", "1", "1"),
        ("NORD", "norden", "norden", ""),
    ],
)
def test_equal_to_a_gloss(glosses: str, written: str, basic: str, supporting: str) -> None:
    assert SignedGlosses(glosses).supporting(word(written, basic), EXACT) == set(supporting.split())


@pytest.mark.parametrize(
    ("one", "other", "akin"),
    [
        ("NORD", "NORDEN", True),
        ("OST", "OSTEN", True),
        ("SONNE", "SONNIG", True),
        ("REGEN", "REGENSCHAUER", True),
        ("SCHNEE", "SCHNEIEN", True),
        ("BIS", "BISSCHEN", False),
        ("REGEN", "REGION", False),
        ("VOR", "VORHERSAGE", False),
        ("车", "汽车", True),
        ("人", "山", False),
    ],
)
def test_akin(one: str, other: str, akin: bool) -> None:
    assert related(one, other) == related(other, one) == akin


def test_only_words_of_content_are_akin_to_a_gloss() -> None:
    signs = SignedGlosses("NORD NACHT")
    assert signs.supporting(word("norden"), RELATED) == {"NORD"}
    assert signs.supporting(word("nach", kept=False), RELATED) == set()


def test_neighbours_support_one_word_only_where_it_equals_both() -> None:
    signs = SignedGlosses("不喜欢 我")
    assert signs.supporting(word("不喜欢我"), EXACT) == {"不喜欢", "我"}
    assert signs.supporting(word("喜欢"), RELATED) == {"不喜欢"}


def test_a_sign_counts_once_and_marks_are_none() -> None:
    assert SignedGlosses("REGEN IX REGEN __EMOTION__").names == {"REGEN", "IX"}


LETTERS = st.text("ABENÄ-+12_不好", max_size=6)


@given(st.lists(LETTERS, max_size=5), LETTERS, LETTERS)
def test_the_wider_reading_finds_all_that_the_exact_one_does(glosses: list[str], written: str, basic: str) -> None:
    signs = SignedGlosses(" ".join(glosses))
    exact, wide = (signs.supporting(Tagged(written, basic, "NOUN", True), reading) for reading in (EXACT, RELATED))
    assert exact <= wide <= signs.names


@given(st.text(max_size=10))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
