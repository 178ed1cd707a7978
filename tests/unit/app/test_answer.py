"""What is shown of a translation: sentences, doubts, alternatives; text stays text."""

from __future__ import annotations

from typing import Any

import pytest
from pages import Page

from sign2gpt.app.page import answer
from sign2gpt.app.texts import LANGUAGES, texts_of

WORDS = texts_of("en")
DOUBT = {"inside": False, "reasons": [{"key": "resemblance", "text": "", "value": 0.1, "limit": 0.2}], "values": {}}


def found(*texts: str, trust: Any = None) -> dict[str, Any]:
    captions = [
        {
            "start_s": 2.0 * i,
            "end_s": 2.0 * i + 2,
            "text": text,
            "log_probability": -3.0,
            "score": -0.5,
            "alternatives": [{"text": "regen", "log_probability": -1.5, "score": -0.75}],
            "trust": trust,
        }
        for i, text in enumerate(texts)
    ]
    return {"captions": captions, "duration_s": 4.0, "timings": {"work_s": 0.5}}


def read(markup: str) -> Page:
    page = Page()
    page.feed(markup)
    assert page.open == []
    return page


def test_one_sentence_with_its_alternatives() -> None:
    page = read(answer.translated(found("es regnet"), "de", WORDS))
    assert "es regnet" in page.text
    assert "regenScore \N{MINUS SIGN}0.75" in page.text
    assert page.text.index("es regnet") < page.text.index("Score \N{MINUS SIGN}0.50") < page.text.index("regenScore")
    assert "1.5" not in page.text
    assert ("p", {"class": "sentence", "lang": "de"}) in page.tags


def test_several_sentences_lead_to_their_moments() -> None:
    page = read(answer.translated(found("eins", "zwei"), "de", WORDS))
    assert [attributes["data-start"] for tag, attributes in page.tags if tag == "button"] == ["0.0", "2.0"]


def test_a_doubt_comes_before_the_sentence() -> None:
    text = read(answer.translated(found("es regnet", trust=DOUBT), "de", WORDS)).text
    assert text.index(WORDS("doubt")) < text.index("es regnet")
    assert WORDS("doubt_resemblance") in text
    assert WORDS("doubt") not in read(answer.translated(found("x", trust=DOUBT | {"inside": True}), "de", WORDS)).text


def test_a_sentence_is_no_markup() -> None:
    markup = answer.translated(found("<script>alert(1)</script>"), '"><b', WORDS)
    assert "<script" not in markup
    assert "<script>alert(1)</script>" in read(markup).text


def test_a_video_without_sentences_is_reported() -> None:
    assert WORDS("no_sentence") in answer.translated(found(), "de", WORDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_states_that_the_run_was_not_calibrated(language: str) -> None:
    words, calibrated = texts_of(language), DOUBT | {"inside": True}
    for texts in (["eins"], ["eins", "zwei"]):
        assert words("uncalibrated") in read(answer.translated(found(*texts), "de", words)).text
        trusted = found(*texts, trust=calibrated)
        assert words("uncalibrated") not in read(answer.translated(trusted, "de", words)).text


def test_only_what_does_not_change_any_more_is_read_out_as_the_answer() -> None:
    final = [answer.translated(found("eins"), "de", WORDS), answer.refused("why", WORDS)]
    assert all("data-final" in markup for markup in final)
    assert not any("data-final" in markup for markup in (answer.waiting(WORDS), answer.growing("ei", 0.5, WORDS)))
