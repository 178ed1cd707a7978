from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.words.content import content, fact_bags

CONFIG = EvaluationConfig(bootstrap=50)
SENTENCES = st.lists(st.sampled_from(["am", "montag", "regen", "im", "norden", "elf", "mai"]), max_size=6).map(" ".join)


def _facts(text: str, language: str) -> dict[str, list[str]]:
    return {name: sorted(bags[0].elements()) for name, bags in fact_bags([text], language).items() if bags[0]}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "am Montagabend und freitags", {"weekdays": ["freitag", "montag"]}),
        ("de", "den zwölften märz", {"numbers": ["zwölften"], "months": ["märz"]}),
        ("de", "nordwestwind im nordwesten bayerns oder an den küsten", {"regions": ["bayern", "küste", "nordwesten"]}),
        ("de", "ostern im südlichen teil", {"regions": ["südlich"]}),
        ("en", "12 degrees on Sundays in the north-west", {"numbers": ["12"], "weekdays": ["sunday"],
                                                          "regions": ["north-west"]}),
        ("zh", "星期天东北部十二月二十五度", {"weekdays": ["日"], "months": ["十二"], "regions": ["东北"],
                                    "numbers": ["二十五"]}),
        ("fr", "lundi 12", {}),
    ],
)  # fmt: skip
def test_facts(language: str, text: str, expected: dict[str, list[str]]) -> None:
    assert _facts(text, language) == expected


def test_what_came_through_by_hand() -> None:
    references = ["am montag regen im norden", "am dienstag regen"]
    found = content(["am montag schnee im norden", "am montag regen regen"], references, "de", CONFIG, seed=0).kinds
    days = found["weekdays"]
    assert (days.words, days.recall, days.precision, days.f1.score) == (2, 50, 50, 50)
    assert (found["regions"].recall, found["regions"].f1.score) == (100, 100)
    assert found["nouns"].words == 5
    assert found["nouns"].recall == pytest.approx(60)
    assert "tagger:hanta" in found["nouns"].f1.signature
    assert "months" not in found
    assert days.f1.low is not None


def test_blanks_between_chinese_characters_change_nothing() -> None:
    references = ["今天星期一下雨。", "明天北京很冷。"]
    apart = [" ".join(text) for text in references]
    found = content(["今天星期一很冷。", "明天北京下雨。"], references, "zh", CONFIG, seed=0)
    assert found == content(["今 天 星 期 一 很 冷 。", "明 天 北 京 下 雨 。"], apart, "zh-CN", CONFIG, seed=0)
    assert found.kinds["names"].recall == 100


@given(st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=4))
def test_shares_are_shares_and_all_of_itself_comes_through(pairs: list[tuple[str, str]]) -> None:
    hypotheses, references = zip(*pairs, strict=True)
    config = EvaluationConfig(bootstrap=0)
    for kind in content(hypotheses, references, "de", config, seed=0).kinds.values():
        assert 0 <= min(kind.recall, kind.precision) <= kind.f1.score + 1e-3
        assert kind.f1.score <= max(kind.recall, kind.precision) + 1e-3 <= 100 + 1e-3
    for kind in content(references, references, "de", config, seed=0).kinds.values():
        assert (kind.recall, kind.precision, kind.f1.score) == (100, 100, 100)
