"""Glosses as people write them."""

from __future__ import annotations

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.signing.script import read_glosses


def test_a_line_of_glosses_is_read_in_its_order() -> None:
    assert read_glosses("REGEN MORGEN NORDEN").glosses == ("REGEN", "MORGEN", "NORDEN")


def test_umlauts_and_lower_case_find_the_same_signs() -> None:
    assert read_glosses("  süden   heiß ").glosses == read_glosses("SUEDEN HEISS").glosses


def test_a_question_mark_raises_the_brows_and_is_no_sign() -> None:
    script = read_glosses("MORGEN REGNEN ?")
    assert script.question
    assert script.glosses == ("MORGEN", "REGNEN")


def test_the_head_shakes_at_negations_and_where_told() -> None:
    script = read_glosses("neg-KLAR HEUTE NICHT")
    assert script.glosses == ("KLAR", "HEUTE", "NICHT")
    assert script.negation == (True, False, True)


def test_no_glosses_is_a_mistake() -> None:
    with pytest.raises(UserError, match="no glosses"):
        read_glosses(" ? ")
