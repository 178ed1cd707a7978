"""The frames that are used: MODEL.md 1, as properties."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.video.config import FramesConfig
from sign2gpt.video.sampling import sample_indices

configs = st.builds(FramesConfig, stride=st.integers(1, 4), jitter=st.integers(0, 6), max_frames=st.integers(1, 300))


@given(st.integers(1, 2000), configs, st.integers(0, 2**63 - 1))
def test_training_indices_ascend_within_the_clip(count: int, config: FramesConfig, seed: int) -> None:
    indices = sample_indices(count, config, seed)
    assert 1 <= len(indices) <= config.max_frames
    assert indices == sorted(set(indices))
    assert indices[0] >= 0
    assert indices[-1] < count
    assert len({index % config.stride for index in indices}) == 1
    assert indices == sample_indices(count, config, seed)


@given(st.integers(1, 2000), configs)
def test_evaluation_is_every_second_frame_of_the_whole_clip(count: int, config: FramesConfig) -> None:
    assert sample_indices(count, config, None) == list(range(0, count, config.stride))


def test_starts_and_ends_are_drawn_evenly() -> None:
    draws = [sample_indices(40, FramesConfig(stride=1), seed) for seed in range(2000)]
    assert {indices[0] for indices in draws} == {0, 1, 2, 3}
    assert {indices[-1] + 1 for indices in draws} == {36, 37, 38, 39, 40}
    assert all(indices == list(range(indices[0], indices[-1] + 1)) for indices in draws)
    for first in range(4):
        assert abs(sum(indices[0] == first for indices in draws) / 2000 - 0.25) < 0.05


def test_a_short_clip_is_used_whole() -> None:
    for seed in range(50):
        assert sample_indices(7, FramesConfig(), seed) == [0, 2, 4, 6]
        assert sample_indices(1, FramesConfig(), seed) == [0]
        assert sample_indices(8, FramesConfig(), seed)


def test_a_long_clip_is_thinned_all_over() -> None:
    draws = [sample_indices(2000, FramesConfig(), seed) for seed in range(20)]
    assert all(len(indices) == 256 for indices in draws)
    assert all(indices[0] < 100 and indices[-1] > 1900 for indices in draws)
    assert len({tuple(indices) for indices in draws}) == 20
