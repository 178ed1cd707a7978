"""Batches are packed, and move as a whole."""

from __future__ import annotations

import pytest
import torch

from sign2gpt.data.batch import SignSample, collate


def sample(name: str, frames: int) -> SignSample:
    return SignSample(name, f"satz {name}", torch.full((frames, 3, 8, 8), frames, dtype=torch.uint8))


def feature_sample(name: str, count: int) -> SignSample:
    return SignSample(name, name, torch.empty(0, 3, 0, 0, dtype=torch.uint8), torch.full((count, 4), float(count)))


def test_clips_lie_one_behind_the_other() -> None:
    batch = collate([sample("a", 3), sample("b", 1), sample("c", 5)])
    assert batch.ids == ["a", "b", "c"]
    assert batch.texts == ["satz a", "satz b", "satz c"]
    assert batch.frames.shape == (9, 3, 8, 8)
    assert batch.lengths.tolist() == [3, 1, 5]
    assert batch.lengths.dtype == torch.int64
    assert [int(clip[0, 0, 0, 0]) for clip in batch.frames.split(batch.lengths.tolist())] == [3, 1, 5]
    assert batch.features is None


def test_features_take_the_place_of_frames() -> None:
    batch = collate([feature_sample("a", 2), feature_sample("b", 3)])
    assert batch.features is not None
    assert batch.features.shape == (5, 4)
    assert batch.lengths.tolist() == [2, 3]
    assert len(batch.frames) == 0


def test_frames_and_features_do_not_mix() -> None:
    with pytest.raises(AssertionError, match="not both"):
        collate([sample("a", 2), feature_sample("b", 2)])


def test_lengths_stay_on_the_cpu() -> None:
    batch = collate([feature_sample("a", 2)]).to("meta")
    assert batch.frames.device.type == "meta"
    assert batch.features is not None
    assert batch.features.device.type == "meta"
    assert batch.lengths.device.type == "cpu"
