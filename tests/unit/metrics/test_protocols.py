from __future__ import annotations

import pytest

from sign2gpt.metrics.protocols import PROTOCOLS, protocol
from sign2gpt.metrics.scores import score


@pytest.mark.parametrize("text", ["Am Tag Regen", "am tag regen.", "am tag regen .", " am tag regen . "])
def test_phoenix_ends_every_sentence_with_one_dot(text: str) -> None:
    phoenix = protocol("phoenix14t")
    assert phoenix.prepare(text) == "am tag regen ."
    assert phoenix.beside[0].prepare(text) == "am tag regen"


def test_a_dot_raises_the_score_and_the_other_stands_beside() -> None:
    card = score(["heute viel regen im norden"], ["am tag viel regen im norden."], "phoenix14t", bootstrap=0)
    assert card["bleu4"].score > card.beside["without_dot"]["bleu4"].score


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他四岁。", "他 四 岁 。"),
        ("他 四 岁 。", "他 四 岁 。"),
        ("他  四岁", "他  四 岁"),
        ("你们 好", "你 们 好"),
    ],
)
def test_csl_daily_puts_blanks_between_characters_and_keeps_those_there(text: str, expected: str) -> None:
    assert protocol("csl-daily").prepare(text) == expected


def test_plain_and_how2sign_leave_the_text() -> None:
    assert protocol("plain").prepare("Hello, World.") == "Hello, World."
    assert protocol("how2sign").prepare("Hello, World.") == "Hello, World."


def test_every_protocol_prepares_the_same_way_twice() -> None:
    for chosen in PROTOCOLS.values():
        for variant in (chosen, *chosen.beside):
            once = variant.prepare("Heute: 12 Grad, Regen .")
            assert variant.prepare(once) == once
