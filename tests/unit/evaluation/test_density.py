"""The sign density ratio on points that a hand can measure, and the signs that it is taken of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.evaluation.plots.density import PlacedSigns, distances, placed_signs, sign_density, sign_map
from sign2gpt.evaluation.record import ScoredSentence
from sign2gpt.inference.translation import PlacedGloss


def sentence(name: str, *places: tuple[str, float, float], targets: list[str] | None = None) -> ScoredSentence:
    return ScoredSentence(
        id=name,
        signer="",
        reference="",
        english="",
        hypothesis="",
        log_probability=0.0,
        pseudo_glosses=[PlacedGloss(gloss, start, end, 0.5) for gloss, start, end in places],
        targets=targets,
        in_train=False,
    )


def test_the_ratio_of_known_points():
    signs = PlacedSigns(["a", "a", "b", "b", "b"], np.array([[0.0, 0], [2, 0], [0, 4], [0, 4], [0, 10]]))
    found = sign_density(signs)
    within = {"a": 2.0, "b": (0 + 6 + 6) / 3}
    between = (4 + 4 + 10 + 2 * np.sqrt(20) + np.sqrt(104)) / 6
    assert found == {name: pytest.approx(value / between) for name, value in within.items()}


def test_a_gloss_is_measured_against_the_mean_of_the_others():
    signs = PlacedSigns(["a", "a", "b", "b", "c", "c"], np.array([[0.0], [1], [10], [11], [30], [31]]))
    assert sign_density(signs)["a"] == pytest.approx(1 / ((10 + 30) / 2))


def test_one_gloss_alone_has_no_ratio():
    assert sign_density(PlacedSigns(["a", "a"], np.eye(2))) == {}


@given(st.integers(2, 12), st.integers(1, 5), st.integers(0, 2**31), st.floats(0.1, 100))
def test_the_ratio_knows_neither_scale_nor_place(count: int, width: int, seed: int, scale: float) -> None:
    features = np.random.default_rng(seed).normal(size=(3 * count, width))
    glosses = [name for name in "abc" for _ in range(count)]
    found, moved = (sign_density(PlacedSigns(glosses, x)) for x in (features, scale * features + 1000))
    assert moved == {name: pytest.approx(ratio, rel=1e-3) for name, ratio in found.items()}
    np.testing.assert_allclose(
        distances(features), np.linalg.norm(features[:, None] - features, axis=-1), atol=1e-6 * np.abs(features).max()
    )


def test_a_sign_is_the_mean_over_its_stretch():
    features = np.arange(10, dtype=np.float32)[:, None]
    clips = [(sentence(f"{n}", ("rot", 0.4, 0.8), ("blau", 1.8, 2.0)), features + n) for n in range(3)]
    found = placed_signs(clips, seconds_per_token=0.2, seed=0)
    assert found.glosses == ["blau"] * 3 + ["rot"] * 3
    assert found.features[:, 0].tolist() == [9, 10, 11, 2.5, 3.5, 4.5]


def test_what_does_not_belong_or_is_too_rare_is_no_sign():
    clips = [(sentence(f"{n}", ("rot", 0, 1), ("blau", 0, 1), targets=["rot"]), np.ones((5, 2))) for n in range(3)]
    clips += [(sentence("x", ("grün", 0, 1)), np.ones((5, 2)))] * 2
    found = placed_signs(clips, 0.2, seed=0, most=2)
    assert found.glosses == ["rot", "rot"]
    assert placed_signs([], 0.2, seed=0).glosses == []


def test_the_map_keeps_apart_what_is_apart():
    pytest.importorskip("sklearn", reason="the map needs scikit-learn, of the extra report")
    generator = np.random.default_rng(0)
    features = np.concatenate([generator.normal(place, 0.1, size=(10, 4)) for place in (0, 50)])
    glosses, places = sign_map(PlacedSigns(["a"] * 10 + ["b"] * 10, features), seed=0)
    assert glosses == ["a"] * 10 + ["b"] * 10
    first, second = places[:10], places[10:]
    apart = np.linalg.norm(first.mean(0) - second.mean(0))
    assert apart > max(np.linalg.norm(part - part.mean(0), axis=1).max() for part in (first, second))
    assert np.array_equal(places, sign_map(PlacedSigns(glosses, features), seed=0)[1])
