"""German sentences back to signs: every sentence of the grammar, and what people type."""

from __future__ import annotations

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.german import read_german
from sign2gpt.signing.language.grammar import scripts
from sign2gpt.signing.script import Script


def every_kind() -> list[Script]:
    return [script for split in scripts(SigningConfig(train=1500)).values() for script in split]


def test_every_sentence_of_the_grammar_is_read_back() -> None:
    for script in every_kind():
        read = read_german(script.text)
        assert read.script.glosses == script.glosses, script.text
        assert read.script.question == script.question, script.text
        assert read.left_out == ()


def test_the_head_shakes_where_it_does_in_the_grammar() -> None:
    for script in every_kind():
        assert read_german(script.text).script.negation == script.negation, script.text


def test_capitals_punctuation_and_unknown_words() -> None:
    read = read_german("Morgen, im Süden: starker Regen und Pinguine!")
    assert read.script.glosses == ("MORGEN", "SUEDEN", "REGEN", "STARK")
    assert read.left_out == ("pinguine",)


def test_a_question_mark_asks() -> None:
    assert read_german("Morgen regnet es?").script.question
    assert not read_german("Morgen regnet es.").script.question


@pytest.mark.parametrize("text", ["", "?!", "der die das", "colourless green ideas"])
def test_what_says_nothing_of_the_weather_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="weather report"):
        read_german(text)
