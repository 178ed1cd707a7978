"""Beam search with cache and batch finds what a plain search finds, one clip at a time without a cache."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from searches import Next, Rule, plain_search
from transformers import NoRepeatNGramLogitsProcessor

from sign2gpt.model.decoding.beam_search import beam_candidates
from sign2gpt.model.decoding.hypotheses import forbid_repeats
from sign2gpt.model.language.gated_decoder import GatedDecoder, Memory

Make = Callable[..., GatedDecoder]


def sharp_decoder(make: Make, seed: int) -> GatedDecoder:
    """A decoder that likes to end at times, as trained ones do."""
    decoder = make(seed)
    decoder.model.layer_norm.bias.data += decoder.model.embed_tokens.weight[2] * (2 + seed % 4)
    return decoder


def next_ids(decoder: GatedDecoder, memory: Memory) -> Next:
    """Without a cache: the whole text at every step."""

    @torch.no_grad()
    def found(ids: list[int]) -> list[float]:
        return decoder(torch.tensor([[decoder.start_id, *ids]]), memory)[0, -1].log_softmax(-1).tolist()

    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    beams=st.sampled_from([1, 3, 4]),
    count_start=st.booleans(),
    penalty=st.sampled_from([1.0, 1.0, 0.0, 0.6, 2.0]),
    ngram=st.sampled_from([0, 0, 1, 2]),
)
def test_it_equals_the_plain_search(
    make_decoder: Make, seed: int, lengths: list[int], beams: int, count_start: bool, penalty: float, ngram: int
):
    decoder = sharp_decoder(make_decoder, seed)
    z = torch.randn(sum(lengths), 12, generator=torch.Generator().manual_seed(seed))
    counts = torch.tensor(lengths)
    found = beam_candidates(
        decoder,
        decoder.remember(z, counts),
        beams=beams,
        max_ids=9,
        count_start=count_start,
        length_penalty=penalty,
        no_repeat_ngram_size=ngram,
    )
    for clip, end in enumerate(accumulate(lengths)):
        alone = decoder.remember(z[end - lengths[clip] : end], counts[clip : clip + 1])
        plain, _ = plain_search(next_ids(decoder, alone), decoder.end_id, Rule(beams, 9, count_start, penalty, ngram))
        assert [hypothesis.ids for hypothesis in found[clip]] == [ids for ids, _ in plain]
        assert [hypothesis.score for hypothesis in found[clip]] == pytest.approx(
            [score for _, score in plain], abs=1e-4
        )


def test_one_beam_is_greedy(make_decoder: Make):
    decoder = sharp_decoder(make_decoder, 3)
    memory = decoder.remember(torch.randn(6, 12), torch.tensor([6]))
    ids, total = [decoder.start_id], 0.0
    while len(ids) < 12:
        log_probability, token = decoder(torch.tensor([ids]), memory)[0, -1].log_softmax(-1).max(-1)
        total += log_probability.item()
        if token == decoder.end_id:
            break
        ids.append(int(token))
    told: list[tuple[int, int]] = []
    ((found,),) = beam_candidates(
        decoder, memory, beams=1, max_ids=12, count_start=True, streamer=lambda *step: told.append(step)
    )
    assert found.ids == ids[1:]
    assert told == [(0, token) for token in found.ids]
    assert found.log_probability == pytest.approx(total, abs=1e-4)


def test_without_video_there_is_one_sentence(make_decoder: Make):
    decoder = make_decoder()
    found = beam_candidates(decoder, None, beams=3, max_ids=6, count_start=True)
    assert len(found) == 1
    assert [hypothesis.score for hypothesis in found[0]] == sorted((h.score for h in found[0]), reverse=True)


def test_more_beams_than_texts_give_the_texts_that_there_are(make_decoder: Make):
    decoder = make_decoder()
    memory = decoder.remember(torch.randn(5, 12), torch.tensor([1, 4]))
    for found in beam_candidates(decoder, memory, beams=50, max_ids=2, count_start=True):
        assert len({tuple(hypothesis.ids) for hypothesis in found}) == len(found) == decoder.sizes.vocabulary
        assert all(math.isfinite(hypothesis.log_probability) for hypothesis in found)


def test_a_score_is_the_log_probability_over_n(make_decoder: Make):
    decoder = make_decoder()
    for count_start in (True, False):
        for hypothesis in beam_candidates(decoder, None, beams=4, max_ids=6, count_start=count_start)[0]:
            n = len(hypothesis.ids) + (count_start or len(hypothesis.ids) < 5)
            assert math.isclose(hypothesis.score, hypothesis.log_probability / n)


def test_clips_that_are_done_leave_without_a_trace(make_decoder: Make, monkeypatch: pytest.MonkeyPatch):
    decoder = sharp_decoder(make_decoder, 44)
    lengths = torch.tensor([3, 7, 1, 6, 2, 5])
    z = torch.randn(24, 12, generator=torch.Generator().manual_seed(3))
    seen: list[int] = []
    forward = decoder.forward
    monkeypatch.setattr(decoder, "forward", lambda ids, *rest: seen.append(len(ids)) or forward(ids, *rest))
    found = beam_candidates(decoder, decoder.remember(z, lengths), beams=2, max_ids=12, count_start=True)
    assert {12, 6, 2} == {*seen}
    assert all(later == rows or 2 * later <= rows for rows, later in pairwise(seen))
    for clip, part in enumerate(z.split(lengths.tolist())):
        alone = decoder.remember(part, lengths[clip : clip + 1])
        (expected,) = beam_candidates(decoder, alone, beams=2, max_ids=12, count_start=True)
        assert [best.ids for best in found[clip]] == [best.ids for best in expected]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_finds_the_same_and_is_waited_for_once_a_step(make_decoder: Make):
    decoder, lengths = sharp_decoder(make_decoder, 7), torch.tensor([3, 7, 1, 6])
    z = torch.randn(17, 12, generator=torch.Generator().manual_seed(3))
    rule = {"beams": 4, "max_ids": 12, "count_start": True, "no_repeat_ngram_size": 2}
    expected = beam_candidates(decoder, decoder.remember(z, lengths), **rule)
    memory = decoder.cuda().remember(z.cuda(), lengths)
    beam_candidates(decoder, memory, **rule)
    with warnings.catch_warnings(record=True) as waits:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        found = beam_candidates(decoder, memory, **rule)
        torch.cuda.set_sync_debug_mode("default")
    assert [best.ids for best, *_ in found] == [best.ids for best, *_ in expected]
    assert len(waits) <= 12


@settings(max_examples=30)
@given(texts=st.lists(st.lists(st.integers(3, 6), max_size=9), min_size=1, max_size=4), size=st.integers(1, 4))
def test_repeats_are_forbidden_as_in_transformers(texts: list[list[int]], size: int):
    length = min(map(len, texts))
    texts = [ids[:length] for ids in texts]
    scores = torch.randn(len(texts), 8)
    expected = NoRepeatNGramLogitsProcessor(size)(torch.tensor(texts).long(), scores.clone())
    forbid_repeats(scores, texts, size)
    assert torch.equal(scores, expected)


def test_rows_of_a_cache_go_on_from_others_and_end(make_decoder: Make):
    decoder = make_decoder()
    cache = decoder.cache(4, 6)
    ids = torch.tensor([[2, 3], [2, 4], [2, 5], [2, 6]])
    decoder(ids, None, cache)
    cache.reorder(torch.tensor([0, 3, 3]))
    expected = decoder(torch.tensor([[2, 3, 7], [2, 6, 8], [2, 6, 9]]), None)[:, -1]
    found = decoder(torch.tensor([[7], [8], [9]]), None, cache)[:, -1]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
