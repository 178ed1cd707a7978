from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.controls import control_scores, derangement, most_frequent


@given(count=st.integers(2, 60), seed=st.integers(0, 1000))
def test_a_derangement_leaves_nothing_where_it_was(count: int, seed: int) -> None:
    order = derangement(count, seed)
    assert sorted(order) == list(range(count))
    assert all(place != other for place, other in enumerate(order))
    assert order == derangement(count, seed)


def test_other_seeds_shuffle_otherwise() -> None:
    assert len({tuple(derangement(20, seed)) for seed in range(10)}) == 10


def test_a_perfect_system_falls_when_its_videos_are_shuffled() -> None:
    texts = [f"am {day} kommt {what} in den norden" for day in ("montag", "freitag") for what in ("regen", "sturm")]
    config = EvaluationConfig(bootstrap=0)
    constant: dict[str, str | None] = {"text_only": "am montag kommt regen in den norden"}
    found = control_scores(texts, texts, constant, config, seed=0)
    assert found["shuffled_video"].scores["bleu4"].score < 70
    assert found["text_only"].scores["bleu4"].score < 70
    assert found["text_only"].scores["bleu1"].score == pytest.approx(100 * (7 + 6 + 6 + 5) / 28)


def test_a_single_clip_is_not_shuffled() -> None:
    found = control_scores(["regen"], ["regen"], {"text_only": "wind"}, EvaluationConfig(bootstrap=0), seed=0)
    assert {name: control.sentence for name, control in found.items()} == {"text_only": "wind"}


def test_a_model_that_writes_nothing_without_video_has_no_such_control() -> None:
    found = control_scores(["a", "b"], ["a", "b"], {"text_only": None}, EvaluationConfig(bootstrap=0), seed=0)
    assert {name: control.sentence for name, control in found.items()} == {"shuffled_video": None}


def test_the_most_frequent_training_sentence_is_a_control() -> None:
    assert most_frequent(["b", "a", "b", "a", "c"]) == "a"
    assert most_frequent([]) is None
    greeting = "guten abend liebe zuschauer"
    constant: dict[str, str | None] = {"frequent_sentence": greeting}
    found = control_scores(["x", "y"], [greeting, "am tag regen"], constant, EvaluationConfig(bootstrap=0), 0)
    assert found["frequent_sentence"].scores["rouge_l"].score == pytest.approx(50)
