from __future__ import annotations

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.metrics.protocols import PROTOCOLS, protocol, reduced
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


def test_reduced_bleu_drops_function_words_and_punctuation() -> None:
    variant = next(variant for variant in protocol("how2sign").beside if variant.name == "reduced")
    assert variant.prepare("It's not the Oil, you’re going to NEED a brush!") == "Oil going NEED brush"
    assert "without" in variant.told
    flattered = ["So this is what you want to do on the table."], ["Now this is what you want to do in the oven."]
    card = score(*flattered, "how2sign", bootstrap=0)
    assert card.beside["reduced"]["bleu4"].score < card["bleu4"].score / 2


def test_reduced_bleu_takes_another_list() -> None:
    chosen = reduced(protocol("how2sign"), ["Oil", "brush", ""])
    assert chosen.beside[1].prepare("Brush the oil, please") == "the please"
    assert "without 2 function words" in chosen.beside[1].told
    assert chosen.beside[0] == protocol("how2sign").beside[0]
    with pytest.raises(UserError, match="how2sign"):
        reduced(protocol("phoenix14t"), ["und"])


def test_a_sentence_of_function_words_alone_can_be_scored() -> None:
    card = score(["It is.", "Brush the oil."], ["That's it.", "Brush the oil."], "how2sign", bootstrap=20)
    assert 0 <= card.beside["reduced"]["bleu1"].score <= 100


def test_every_protocol_tells_its_steps() -> None:
    told = [variant.told for chosen in PROTOCOLS.values() for variant in (chosen, *chosen.beside)]
    assert len(set(told)) >= len(told) - 1  # plain does what how2sign does
    assert protocol("phoenix14t").told == "13a tokens, lower case, ' .' at the end of both sides, punctuation kept"
