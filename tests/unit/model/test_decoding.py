"""Beam search with cache and batch finds what a plain search finds, one clip at a time without a cache."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sign2gpt.model.decoding import beam_candidates, beam_search
from sign2gpt.model.gated_decoder import GatedDecoder, Memory

Make = Callable[..., GatedDecoder]
Found = list[tuple[list[int], float]]


def sharp_decoder(make: Make, seed: int) -> GatedDecoder:
    """A decoder that likes to end at times, as trained ones do."""
    decoder = make(seed)
    decoder.model.layer_norm.bias.data += decoder.model.embed_tokens.weight[2] * (2 + seed % 4)
    return decoder


def plain_search(decoder: GatedDecoder, memory: Memory, beams: int, max_ids: int, count_start: bool) -> Found:
    """The rule of MODEL.md 5, told as plainly as it can be: finished sentences and their scores, best first."""

    def over_n(log_probability: float, ids: list[int]) -> float:
        return log_probability / max(1, len(ids) - (not count_start))

    live, finished = [([decoder.start_id], 0.0)], []
    while len(live[0][0]) < max_ids:
        candidates = []
        for ids, total in live:
            log_probabilities = decoder(torch.tensor([ids]), memory)[0, -1].log_softmax(-1)
            candidates += [(total + p, ids, token) for token, p in enumerate(log_probabilities.tolist())]
        candidates = sorted(candidates, key=lambda candidate: -candidate[0])[: 2 * beams]
        ended = [(over_n(p, ids), ids) for p, ids, token in candidates[:beams] if token == decoder.end_id]
        finished = sorted(finished + ended, key=lambda found: -found[0])[:beams]
        if len(finished) == beams and finished[-1][0] >= over_n(candidates[0][0], candidates[0][1]):
            break
        live = [([*ids, token], p) for p, ids, token in candidates if token != decoder.end_id][:beams]
    else:
        finished += [(over_n(p, ids), ids) for ids, p in live]
        finished = sorted(finished, key=lambda found: -found[0])[:beams]
    return [(ids[1:], score) for score, ids in finished]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    beams=st.sampled_from([1, 3, 4]),
    count_start=st.booleans(),
)
def test_it_equals_the_plain_search(make_decoder: Make, seed: int, lengths: list[int], beams: int, count_start: bool):
    decoder = sharp_decoder(make_decoder, seed)
    z = torch.randn(sum(lengths), 12, generator=torch.Generator().manual_seed(seed))
    counts = torch.tensor(lengths)
    found = beam_candidates(decoder, decoder.remember(z, counts), beams=beams, max_ids=9, count_start=count_start)
    for clip, end in enumerate(accumulate(lengths)):
        alone = decoder.remember(z[end - lengths[clip] : end], counts[clip : clip + 1])
        with torch.no_grad():
            plain = plain_search(decoder, alone, beams, 9, count_start)
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
    found = beam_search(decoder, memory, beams=1, max_ids=12, count_start=True)[0]
    assert found.ids == ids[1:]
    assert found.log_probability == pytest.approx(total, abs=1e-4)


def test_without_video_there_is_one_sentence(make_decoder: Make):
    decoder = make_decoder()
    found = beam_candidates(decoder, None, beams=3, max_ids=6, count_start=True)
    assert len(found) == 1
    assert [hypothesis.score for hypothesis in found[0]] == sorted((h.score for h in found[0]), reverse=True)


def test_a_score_is_the_log_probability_over_n(make_decoder: Make):
    decoder = make_decoder()
    for count_start in (True, False):
        for hypothesis in beam_candidates(decoder, None, beams=4, max_ids=6, count_start=count_start)[0]:
            n = max(1, len(hypothesis.ids) + count_start)
            assert math.isclose(hypothesis.score, hypothesis.log_probability / n)
