"""Draws and tests against sacreBLEU's arithmetic, against each other, and against what must hold."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sign2gpt.metrics.bootstrap import randomised_sums, resampled_sums
from sign2gpt.metrics.measures import Measures, measures, randomised, resampled
from sign2gpt.metrics.paired import compare, differences
from sign2gpt.metrics.protocols import protocol

REFERENCES = [f"am {day} {what} im {where}" for day in ("montag", "freitag") for what in ("regen", "wind", "schnee")
              for where in ("norden", "süden", "westen")]  # fmt: skip
STATISTICS = arrays(np.float64, st.tuples(st.integers(1, 12), st.just(3)), elements=st.integers(0, 9))


def _measured(hypotheses: list[str]) -> Measures:
    return measures(hypotheses, REFERENCES, protocol("plain"))


def _worse(every: int) -> list[str]:
    return [text.replace("am", "in") if place % every == 0 else text for place, text in enumerate(REFERENCES)]


@given(STATISTICS, st.integers(0, 99))
def test_a_resample_draws_as_many_sentences_as_there_are(statistics: np.ndarray, seed: int) -> None:
    ones = np.ones((len(statistics), 1))
    sums = resampled_sums(np.hstack([statistics, ones]), 7, seed)
    assert (sums[:, 3] == len(statistics)).all()
    assert (sums[:, :3] >= len(statistics) * statistics.min(axis=0)).all()
    assert (sums[:, :3] <= len(statistics) * statistics.max(axis=0)).all()


@given(STATISTICS, st.integers(2, 4), st.integers(0, 99))
def test_dealing_out_anew_loses_nothing(statistics: np.ndarray, makers: int, seed: int) -> None:
    outputs = [statistics + maker for maker in range(makers)]
    sums = randomised_sums(outputs, 5, seed)
    assert sums.shape == (makers, 5, 3)
    assert np.allclose(sums.sum(axis=0), sum(output.sum(axis=0) for output in outputs))


def test_draws_in_groups_are_those_of_one_generator() -> None:
    statistics = np.random.default_rng(0).integers(0, 9, (11, 2)).astype(float)
    generator = np.random.default_rng(5)
    by_hand = [statistics[generator.integers(11, size=11)].sum(axis=0) for _ in range(250)]
    assert np.array_equal(resampled_sums(statistics, 250, seed=5), by_hand)


def test_every_deal_is_as_likely() -> None:
    outputs = [np.full((1, 1), float(maker)) for maker in range(3)]
    deals = randomised_sums(outputs, 6000, seed=0)[..., 0].T
    counts = [int((deals == deal).all(axis=1).sum()) for deal in permutations(range(3))]
    assert sum(counts) == 6000
    assert min(counts) > 850


def test_measures_drawn_together_are_those_drawn_alone() -> None:
    found = _measured(_worse(2))
    together = resampled(found, 20, seed=1)
    for name, measure in found.items():
        alone = measure.value(resampled_sums(measure.statistics, 20, seed=1))
        assert np.allclose(together[name], alone, atol=1e-12)
    assert randomised([found, found], 4, seed=1)[0]["bleu4"] == pytest.approx(found["bleu4"].score)


def test_a_difference_turns_with_its_sides() -> None:
    there = compare(_worse(2), REFERENCES, REFERENCES, "plain", bootstrap=100)["bleu4"]
    back = compare(REFERENCES, _worse(2), REFERENCES, "plain", bootstrap=100)["bleu4"]
    assert there.difference == pytest.approx(-back.difference)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.p == back.p
    assert there.p_randomisation == pytest.approx(back.p_randomisation, abs=0.05)


def test_luck_is_told_from_progress() -> None:
    lucky = [*_worse(2)[:2], *REFERENCES[2:]]
    for name, other in (("luck", lucky), ("progress", _worse(1))):
        found = compare(other, REFERENCES, REFERENCES, "plain", bootstrap=300)["rouge_l"]
        assert (found.p_randomisation < 0.05) is (name == "progress")


def test_seeds_are_pooled() -> None:
    good, middling, bad = (_measured(texts) for texts in (REFERENCES, _worse(3), _worse(1)))
    draw = {"resamples": 200, "seed": 0, "confidence": 0.95}
    pooled = differences([good, bad], [middling], **draw)["bleu4"]  # type: ignore[arg-type]
    mean = (good["bleu4"].score + bad["bleu4"].score) / 2
    assert pooled.difference == pytest.approx(mean - middling["bleu4"].score)
    same = differences([good, bad], [bad, good], **draw)["bleu4"]  # type: ignore[arg-type]
    assert (same.difference, same.p, same.p_randomisation) == (0, 1, 1)
