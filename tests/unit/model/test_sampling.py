"""Draws follow the decoder's probabilities, narrowed as transformers narrows them, and a clip's are its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from sign2gpt.model.config import DecodingConfig, SamplingConfig
from sign2gpt.model.decoding.generation import generate
from sign2gpt.model.decoding.sampling import draw_ids, sample_candidates
from sign2gpt.model.language.gated_decoder import GatedDecoder

Make = Callable[..., GatedDecoder]
DRAWS = 4000


@settings(max_examples=30)
@given(
    seed=st.integers(0, 999),
    temperature=st.sampled_from([1.0, 0.4, 2.0]),
    top_k=st.sampled_from([0, 1, 3, 50]),
    top_p=st.sampled_from([1.0, 0.9, 0.5, 0.01]),
)
def test_shares_of_draws_are_transformers_probabilities(seed: int, temperature: float, top_k: int, top_p: float):
    logits = 2 * torch.randn(1, 12, generator=torch.Generator().manual_seed(seed))
    numbers = (torch.arange(DRAWS, dtype=torch.float64) + 0.5) / DRAWS
    ids = draw_ids(logits.expand(DRAWS, -1), numbers, temperature, top_k, top_p)
    narrowed = TemperatureLogitsWarper(temperature)(None, logits)  # type: ignore[arg-type]
    if top_k:
        narrowed = TopKLogitsWarper(top_k)(None, narrowed)  # type: ignore[arg-type]
    expected = TopPLogitsWarper(top_p)(None, narrowed).softmax(-1)[0]  # type: ignore[arg-type]
    found = ids.bincount(minlength=12) / DRAWS
    torch.testing.assert_close(found, expected, atol=1.5 / DRAWS, rtol=0)
    assert set(ids.tolist()) <= set(expected.nonzero()[:, 0].tolist())


def test_a_clips_draws_are_the_same_alone_and_in_company(make_decoder: Make):
    decoder, lengths = make_decoder(4), torch.tensor([3, 7, 1, 6])
    z = torch.randn(17, 12, generator=torch.Generator().manual_seed(3))
    rule = {"texts": 3, "max_ids": 10, "count_start": True, "temperature": 1.5, "no_repeat_ngram_size": 2}
    found = sample_candidates(decoder, decoder.remember(z, lengths), **rule, seed=5)
    for clip, part in enumerate(z.split(lengths.tolist())):
        alone = decoder.remember(part, lengths[clip : clip + 1])
        (expected,) = sample_candidates(decoder, alone, **rule, seed=5)
        assert [text.ids for text in found[clip]] == [text.ids for text in expected]
    assert len({tuple(text.ids) for clip in found for text in clip}) > 3
    other = sample_candidates(decoder, decoder.remember(z, lengths), **rule, seed=6)
    assert [text.ids for clip in other for text in clip] != [text.ids for clip in found for text in clip]


def test_log_probabilities_are_the_decoders_own(make_decoder: Make):
    decoder = make_decoder(1)
    told: list[tuple[int, int]] = []
    config = DecodingConfig(beams=1, max_ids=8, sampling=SamplingConfig(temperature=0.7, top_k=4))
    ((found,),) = generate(decoder, None, config, lambda *step: told.append(step))
    assert told == [(0, token) for token in found.ids]
    ids = torch.tensor([[decoder.start_id, *found.ids]])
    with torch.inference_mode():
        own = decoder(ids, None)[0].log_softmax(-1)
    ends = [decoder.end_id] if len(found.ids) < 7 else []
    expected = sum(own[place, token].item() for place, token in enumerate([*found.ids, *ends]))
    assert found.log_probability == pytest.approx(expected, abs=1e-4)


def test_drawing_the_likeliest_alone_is_greedy(make_decoder: Make):
    decoder = make_decoder(2)
    memory = decoder.remember(torch.randn(6, 12), torch.tensor([6]))
    greedy = generate(decoder, memory, DecodingConfig(beams=1, max_ids=10))
    drawn = generate(decoder, memory, DecodingConfig(beams=1, max_ids=10, sampling=SamplingConfig(top_k=1)))
    assert drawn[0][0].ids == greedy[0][0].ids
