from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.controls import LENGTHS, distinct, lengths, subset_scores
from sign2gpt.evaluation.record import ScoredSentence

COUNTS = st.lists(st.integers(1, 9), min_size=1, max_size=20)


def _sentence(reference: str, hypothesis: str = "x", in_train: bool = False) -> ScoredSentence:
    return ScoredSentence(
        id=reference,
        signer="",
        reference=reference,
        english="",
        hypothesis=hypothesis,
        log_probability=-1.0,
        pseudo_glosses=None,
        targets=None,
        in_train=in_train,
    )


@given(COUNTS)
def test_thirds_by_length_hold_every_sentence_once(counts: list[int]) -> None:
    sentences = [_sentence("a " * count) for count in counts]
    found = lengths(sentences, "plain")
    assert list(found) == list(LENGTHS)
    held = [sentence for _, some in found.values() for sentence in some]
    assert sorted(map(id, held)) == sorted(map(id, sentences))
    assert [len(s.reference.split()) for s in held] == sorted(counts)


def test_lengths_are_told_in_the_protocols_tokens() -> None:
    sentences = [_sentence(text) for text in ("你好", "今天下雨", "今天北京下雨")]
    assert [about for about, _ in lengths(sentences, "csl-daily").values()] == [
        "1 to 2 tokens",
        "3 to 4 tokens",
        "5 to 6 tokens",
    ]


def test_known_and_repeated_references_are_scored_apart() -> None:
    greeting = "guten abend liebe zuschauer"
    sentences = [
        _sentence(greeting, greeting, in_train=True),
        _sentence(greeting, greeting, in_train=True),
        _sentence("am tag regen im norden", "in der nacht schnee"),
    ]
    assert len(distinct(sentences)) == 2
    found = subset_scores(sentences, EvaluationConfig(bootstrap=0), seed=0)
    assert found["reference_in_train"].sentences == found["each_reference_once"].sentences == 2
    assert found["reference_in_train"].scores["bleu4"].score > 99
    assert found["reference_not_in_train"].scores["bleu4"].score < 1
    assert found["short_references"].about == "1 to 4 tokens"


def test_the_whole_is_no_part() -> None:
    assert subset_scores([_sentence("am tag regen")], EvaluationConfig(bootstrap=0), seed=0) == {}
