"""The page's texts: the same in every language, and the language that a browser asks for."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import sign2gpt
from sign2gpt.app.refusals import Refused
from sign2gpt.app.words import LANGUAGES, preferred, words_of
from sign2gpt.inference.caption_files import WRITERS
from sign2gpt.inference.trust import SIGNALS

APP = Path(sign2gpt.__file__).parent / "app"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same(language: str) -> None:
    ours, english = words_of(language).texts, words_of("en").texts
    assert ours.keys() == english.keys()
    assert {key: fields(text) for key, text in ours.items()} == {key: fields(text) for key, text in english.items()}


def test_there_are_words_for_every_refusal_doubt_and_file() -> None:
    known = words_of("en").texts.keys()
    code = "\n".join(path.read_text(encoding="utf-8") for path in APP.glob("*.py"))
    refusals = set(re.findall(r'Refused\("(\w+)"', code)) | set(re.findall(r'"key": "(\w+)"', code))
    assert len(refusals) > 8
    wanted = {f"refused_{key}" for key in refusals} | {f"doubt_{key}" for key in SIGNALS}
    assert wanted | {f"kept_{suffix[1:]}" for suffix in [*WRITERS, ".png"]} <= known


def test_no_text_is_left_that_nobody_shows() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in APP.glob("*.py"))
    said = {node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)}
    families = ("refused_", "doubt_", "kept_")
    assert {key for key in words_of("en").texts if not key.startswith(families)} <= said


def test_a_refusal_is_told_with_its_numbers() -> None:
    refused = Refused("too_long", {"seconds": "140", "most": "120"})
    for language in LANGUAGES:
        assert {"140", "120"} <= set(re.findall(r"\d+", words_of(language).refusal(refused)))


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("zh-Hans-CN", "zh"),
        ("fr, en;q=0.2, de;q=0.7", "de"),
        ("", "en"),
        ("fr;q=nonsense", "en"),
    ],
)
def test_the_browsers_language_is_taken(accepted: str, language: str) -> None:
    assert preferred(accepted) == language
