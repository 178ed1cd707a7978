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
    found = control_scores(texts, texts, "am montag kommt regen in den norden", config, seed=0)
    assert found["shuffled_video"]["bleu4"].score < 70
    assert found["text_only"]["bleu4"].score < 70
    assert found["text_only"]["bleu1"].score == pytest.approx(100 * (7 + 6 + 6 + 5) / 28)


def test_a_single_clip_has_nobody_elses_video() -> None:
    assert set(control_scores(["regen"], ["regen"], "wind", EvaluationConfig(bootstrap=0), seed=0)) == {"text_only"}


def test_the_most_frequent_training_sentence_is_a_control() -> None:
    assert most_frequent(["b", "a", "b", "a", "c"]) == "a"
    assert most_frequent([]) == ""
    greeting = "guten abend liebe zuschauer"
    found = control_scores(["x", "y"], [greeting, "am tag regen"], "z", EvaluationConfig(bootstrap=0), 0, greeting)
    assert found["frequent_sentence"]["rouge_l"].score == pytest.approx(50)
