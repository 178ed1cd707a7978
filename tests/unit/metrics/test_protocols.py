from __future__ import annotations

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.metrics.protocols import PROTOCOLS, protocol, reduced, without_blanks
from sign2gpt.metrics.scores import score


@pytest.mark.parametrize("text", ["Am Tag Regen", "am tag regen.", "am tag regen .", " am tag regen . "])
def test_phoenix_ends_every_sentence_with_one_dot(text: str) -> None:
    phoenix = protocol("phoenix14t")
    assert phoenix.prepare(text) == "am tag regen ."
    assert phoenix.variants[0].prepare(text) == "am tag regen"


def test_a_dot_raises_the_score_and_the_other_stands_beside() -> None:
    card = score(["heute viel regen im norden"], ["am tag viel regen im norden."], "phoenix14t", bootstrap=0)
    assert card["bleu4"].score > card.variants["without_dot"]["bleu4"].score


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
        for variant in (chosen, *chosen.variants):
            once = variant.prepare("Heute: 12 Grad, Regen .")
            assert variant.prepare(once) == once


def test_reduced_bleu_drops_function_words_and_punctuation() -> None:
    variant = next(variant for variant in protocol("how2sign").variants if variant.name == "reduced")
    assert variant.prepare("It's not the Oil, you’re going to NEED a brush!") == "Oil going NEED brush"
    assert "without" in variant.describe()
    flattered = ["So this is what you want to do on the table."], ["Now this is what you want to do in the oven."]
    card = score(*flattered, "how2sign", bootstrap=0)
    assert card.variants["reduced"]["bleu4"].score < card["bleu4"].score / 2


def test_reduced_bleu_takes_another_list() -> None:
    chosen = reduced(protocol("how2sign"), ["Oil", "brush", ""])
    assert chosen.variants[1].prepare("Brush the oil, please") == "the please"
    assert "without 2 function words" in chosen.variants[1].describe()
    assert chosen.variants[0] == protocol("how2sign").variants[0]
    with pytest.raises(UserError, match="how2sign"):
        reduced(protocol("phoenix14t"), ["und"])


def test_a_sentence_of_function_words_alone_can_be_scored() -> None:
    card = score(["It is.", "Brush the oil."], ["That's it.", "Brush the oil."], "how2sign", bootstrap=20)
    assert 0 <= card.variants["reduced"]["bleu1"].score <= 100


def test_every_protocol_tells_its_steps() -> None:
    told = [variant.describe() for chosen in PROTOCOLS.values() for variant in (chosen, *chosen.variants)]
    assert len(set(told)) >= len(told) - 1  # plain does what how2sign does
    assert (
        protocol("phoenix14t").describe() == "13a tokens, lower case, ' .' at the end of both sides, punctuation kept"
    )


UNSPACED = {
    "Thai": ["วันนี้อากาศดีมากและฉันอยากไปทะเล", "พรุ่งนี้ฝนจะตก"],
    "Lao": ["ມື້ນີ້ອາກາດດີຫຼາຍແລະຂ້ອຍຢາກໄປທະເລ"],
    "Khmer": ["ថ្ងៃនេះអាកាសធាតុល្អណាស់ហើយខ្ញុំចង់ទៅសមុទ្រ"],
    "Burmese": ["ယနေ့ရာသီဥတုကောင်းပြီးပင်လယ်သို့သွားချင်သည်"],
    "Tibetan": ["དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག"],
    "kana": ["きょうはてんきがいいです", "アメリカヘイキマス"],
    "Chinese": ["今天星期几。"],
}
SPACED = {
    "Thai": ["วันนี้ อากาศ ดี มาก และ ฉัน อยาก ไป ทะเล"],
    "Khmer": ["ថ្ងៃនេះ អាកាសធាតុ ល្អ ណាស់ ហើយ ខ្ញុំ ចង់ ទៅ សមុទ្រ"],
    "Korean": ["오늘은 날씨가 아주 좋습니다"],
    "Hindi": ["आज मौसम बहुत अच्छा है"],
    "Vietnamese": ["hôm nay trời đẹp lắm"],
    "Chinese": ["今天 星期 几 。"],
}


@pytest.mark.parametrize("script", UNSPACED)
def test_scripts_without_blanks_are_refused_by_words_and_scored_by_characters(script: str) -> None:
    texts = UNSPACED[script]
    for name in ("plain", "how2sign", "phoenix14t"):
        with pytest.raises(UserError, match=r"the references: no spaces between words, .* use protocol csl-daily"):
            score(texts, texts, name, bootstrap=0)
    perfect = score(texts, texts, "csl-daily", bootstrap=0)
    assert perfect["bleu4"].score == perfect["rouge_l"].score == 100
    near = score([text[:-2] for text in texts], texts, "csl-daily", bootstrap=0)
    assert 40 < near["bleu4"].score < 100
    assert near["rouge_l"].score > 60


@pytest.mark.parametrize("script", SPACED)
def test_words_with_blanks_between_them_are_words_in_every_script(script: str) -> None:
    assert not without_blanks(SPACED[script])
    assert score(SPACED[script], SPACED[script], "plain", bootstrap=0)["bleu1"].score == 100


def test_marks_are_no_punctuation() -> None:
    bare = protocol("csl-daily").variants[0]
    assert bare.prepare("วันนี้, ดี!").replace(" ", "") == "วันนี้ดี"
    dropped = reduced(protocol("how2sign"), ["ni"]).variants[1]
    assert dropped.prepare("ẹ̀kọ́, ni Don’t") == "ẹ̀kọ́ Don't"


@pytest.mark.parametrize("blank", ["\t", "\u00a0", "\u3000", "\u2009", "\u2028"])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_kind_of_blank_is_a_blank_to_every_measure(name: str, blank: str) -> None:
    hypotheses = ["so am Tag viel Regen im Norden .", "it is the oil , you know", "wind"]
    references = ["am Tag dann viel Regen im Norden .", "that is the oil we know", "wind im süden"]
    told = score(hypotheses, references, name, bootstrap=10)
    for ours, theirs in ((blank, " "), (" ", blank), (blank, blank)):
        others = [[text.replace(" ", kind) for text in side] for side, kind in
                  ((hypotheses, ours), (references, theirs))]  # fmt: skip
        assert score(*others, name, bootstrap=10) == told


def test_two_blanks_stay_two_of_whatever_kind() -> None:
    phoenix = protocol("phoenix14t")
    assert phoenix.prepare("am\u00a0 Tag\t\tRegen") == "am  tag  regen ."
    tabs = score(["a\t\tb"], ["a b"], "plain", bootstrap=0)["rouge_l"].score
    assert tabs == score(["a  b"], ["a b"], "plain", bootstrap=0)["rouge_l"].score < 100
