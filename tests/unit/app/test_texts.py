"""The page's texts: the same in every language, and the language that a browser asks for."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from sign2gpt.app import texts
from sign2gpt.app.limits import Refused
from sign2gpt.app.texts import LANGUAGES, preferred, texts_of
from sign2gpt.inference.captions.files import WRITERS
from sign2gpt.inference.trust import SIGNALS

APP = Path(texts.__file__).parent


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts(language: str) -> None:
    ours, english = texts_of(language).by_key, texts_of("en").by_key
    assert ours.keys() == english.keys()
    assert {key: fields(text) for key, text in ours.items()} == {key: fields(text) for key, text in english.items()}


def code() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in APP.rglob("*.py"))


def test_there_is_a_text_for_every_refusal_doubt_and_download() -> None:
    refusals = set(re.findall(r'Refused\("(\w+)"', code())) | set(re.findall(r'"key": "(\w+)"', code()))
    assert len(refusals) > 8
    wanted = {f"refused_{key}" for key in refusals} | {f"doubt_{key}" for key in SIGNALS}
    assert wanted | {f"download_{suffix[1:]}" for suffix in [*WRITERS, ".png"]} <= texts_of("en").by_key.keys()


def test_every_text_is_shown_somewhere() -> None:
    templates = "\n".join(path.read_text(encoding="utf-8") for path in APP.rglob("*.html"))
    shown = set(re.findall(r'"(\w+)"', code() + templates))
    families = ("refused_", "doubt_", "download_")
    assert {key for key in texts_of("en").by_key if not key.startswith(families)} <= shown


def test_a_refusal_states_its_numbers() -> None:
    refused = Refused("too_long", {"seconds": "140", "most": "120"})
    for language in LANGUAGES:
        assert {"140", "120"} <= set(re.findall(r"\d+", texts_of(language).refusal(refused)))


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
