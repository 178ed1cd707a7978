"""What a run shows of itself is what it uses: the same features, each word with its part of the clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.dataset import SignDataset
from sign2gpt.inference.explain import Attention, inspect, sign_features
from sign2gpt.inference.translator import Translator
from sign2gpt.model.language.decoder import Decoder


def decoder_of(translator: Translator) -> Decoder:
    decoder = translator.reader.model.language_model
    assert decoder is not None
    return decoder


@pytest.fixture
def translator(world: Path) -> Translator:
    found = Translator.from_pretrained(world / "translate", "cpu")
    for name, value in decoder_of(found).named_parameters():
        if name.endswith(".gate"):
            value.data.fill_(0.5)
    return found


@pytest.fixture
def rows(world: Path) -> list[ClipRow]:
    return Corpus.open(world / "corpus").rows("dev")


def test_features_are_those_that_the_decoder_gets(translator: Translator, rows: list[ClipRow]):
    told: list[int] = []
    found = list(sign_features(translator.reader, rows, 3, told.append))
    assert sum(told) == len(found) == len(rows)
    sample = SignDataset(rows, translator.reader.frames, seed=0, train=False)[2]
    with torch.inference_mode():
        z, _ = translator.reader.model.encode(sample.frames, torch.tensor([len(sample.frames)]))
    np.testing.assert_allclose(found[2], z.numpy(), atol=1e-5)


def test_each_word_has_a_part_of_the_clip(translator: Translator, rows: list[ClipRow]):
    seen = inspect(translator.reader, rows[0], "rot blau rot")
    assert seen.attention is not None
    assert seen.localisation is not None
    assert seen.attention.words == ["rot", "blau", "rot"]
    assert seen.attention.weights.shape == (3, len(seen.localisation.presence))
    np.testing.assert_allclose(seen.attention.weights.sum(axis=1), 1, atol=1e-5)
    assert seen.attention.duration_s == pytest.approx(rows[0].num_frames / translator.frame_rate)
    assert seen.frames.shape[1:] == (32, 32, 3)


def test_nothing_comes_from_a_clip_that_is_not_seen(translator: Translator, rows: list[ClipRow]):
    assert inspect(translator.reader, rows[0], "").attention is None
    for name, value in decoder_of(translator).named_parameters():
        if name.endswith(".gate"):
            value.data.zero_()
    assert inspect(translator.reader, rows[0], "rot").attention is None
    assert not np.any(translator.reader.model.gates())


def test_a_word_peaks_in_the_middle_of_a_token():
    found = Attention(["a", "b"], np.array([[0.1, 0.9], [0.6, 0.4]]), seconds_per_token=0.5, duration_s=1.0)
    assert found.peaks() == [("a", 0.75), ("b", 0.25)]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_sees_the_same(world: Path, translator: Translator, rows: list[ClipRow]):
    there = Translator.from_pretrained(world / "translate", "cuda")
    there.reader.model.load_state_dict(translator.reader.model.state_dict())
    here, seen = (inspect(one.reader, rows[0], "rot blau").attention for one in (translator, there))
    assert here is not None
    assert seen is not None
    np.testing.assert_allclose(seen.weights, here.weights, atol=1e-3)
    pairs = zip(*(sign_features(one.reader, rows, 2, lambda _: None) for one in (translator, there)), strict=True)
    for ours, theirs in pairs:
        np.testing.assert_allclose(theirs, ours, atol=1e-3)
