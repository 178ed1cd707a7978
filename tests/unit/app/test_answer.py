"""What is shown of a translation: sentences, doubts, alternatives; text stays text."""

from __future__ import annotations

from typing import Any

from pages import Page

from sign2gpt.app import answer
from sign2gpt.app.words import words_of

WORDS = words_of("en")
DOUBT = {"inside": False, "reasons": [{"key": "resemblance", "text": "", "value": 0.1, "limit": 0.2}], "values": {}}


def found(*texts: str, trust: Any = None) -> dict[str, Any]:
    captions = [
        {
            "start_s": 2.0 * i,
            "end_s": 2.0 * i + 2,
            "text": text,
            "log_probability": -3.0,
            "alternatives": [{"text": "regen", "log_probability": -4.5}],
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


def test_one_sentence_with_what_else_it_may_be() -> None:
    page = read(answer.translated(found("es regnet"), "de", WORDS))
    assert "es regnet" in page.text
    assert "regen-4.5" in page.text
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


def test_a_video_without_sentences_says_so() -> None:
    assert WORDS("no_sentence") in answer.translated(found(), "de", WORDS)
