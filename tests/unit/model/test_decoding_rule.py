"""The rule of MODEL.md 5 itself: hundreds of random tables searched in batches and plainly; mistakes must show."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
import torch
from searches import Found, Rule, TableDecoder, plain_search

from sign2gpt.model.decoding.beam_search import beam_candidates
from sign2gpt.model.decoding.sampling import sample_candidates

CLIPS = 2
ROUNDING = 1e-4


@dataclass(frozen=True)
class Case:
    """Clips of one decoder under one rule; ``expected`` holds those whose search no rounding can turn."""

    rule: Rule
    decoder: TableDecoder
    expected: dict[int, Found]


def drawn(seed: int) -> Case:
    draw = random.Random(seed)
    rule = Rule(
        beams=draw.randint(1, 5),
        max_ids=draw.randint(2, 12),
        count_start=draw.random() < 0.5,
        length_penalty=draw.choice([1.0, 1.0, 0.0, 0.6, 1.5, 2.0]),
        no_repeat_ngram_size=draw.choice([0, 0, 1, 2, 3]),
    )
    decoder = TableDecoder(
        seed,
        CLIPS,
        vocabulary=draw.randint(6, 14),
        ending=draw.uniform(-1.5, 1.5),
        rising=draw.uniform(0.0, 0.4),
        spread=draw.choice([0.5, 1.0, 2.0]),
    )
    searched = {clip: plain_search(decoder.next_ids(clip), decoder.end_id, rule) for clip in range(CLIPS)}
    return Case(rule, decoder, {clip: found for clip, (found, closest) in searched.items() if closest > ROUNDING})


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    torch.set_num_threads(1)
    return [drawn(seed) for seed in range(350)]


def same(found: Found, expected: Found) -> bool:
    return [ids for ids, _ in found] == [ids for ids, _ in expected] and all(
        abs(score - wanted) < ROUNDING for (_, score), (_, wanted) in zip(found, expected, strict=True)
    )


def test_hundreds_of_searches_find_what_the_rule_says(cases: list[Case]) -> None:
    assert sum(len(case.expected) for case in cases) > 500
    for case in cases:
        memory = case.decoder.remember(*range(CLIPS))
        found = beam_candidates(case.decoder.as_decoder(), memory, **case.rule.keys)  # type: ignore[arg-type]
        for clip, expected in case.expected.items():
            ours = [(hypothesis.ids, hypothesis.score) for hypothesis in found[clip]]
            assert same(ours, expected), (case.rule, ours, expected)


@pytest.mark.parametrize(
    ("mistake", "at_least"),
    [
        ({"bound_ids": -1}, 50),
        ({"bound_ids": 1}, 3),
        ({"bound_of_live": True}, 15),
        ({"early_stopping": True}, 100),
        ({"first_end": False}, 10),
        ({"ends_among": 2}, 50),
        ({"candidates": 1}, 100),
        ({"live_compete": False}, 200),
        ({"length_penalty": 1.0}, 200),
        ({"no_repeat_ngram_size": 0}, 50),
        ({"both_ends": False}, 100),
        ({"both_ends": True}, 100),
    ],
    ids=lambda value: " ".join(map(str, *value.items())) if isinstance(value, dict) else "",
)
def test_a_mistake_in_the_rule_changes_many_of_them(
    mistake: dict[str, float], at_least: int, cases: list[Case]
) -> None:
    noticed = 0
    for case in cases:
        wrong = replace(case.rule, **mistake)  # type: ignore[arg-type]
        for clip, expected in case.expected.items():
            found, _ = plain_search(case.decoder.next_ids(clip), case.decoder.end_id, wrong)
            noticed += not same(found, expected)
    assert noticed >= at_least


def test_one_beam_ends_at_the_first_end_and_streams_up_to_it(cases: list[Case]) -> None:
    ends = 0
    for case in cases:
        decoder, told = case.decoder, []
        ids: list[int] = []
        while len(ids) < case.rule.max_ids - 1:
            token = int(decoder.logits(0, ids).argmax())
            if token == decoder.end_id:
                ends += 1
                break
            ids.append(token)
        keys = case.rule.keys | {"beams": 1, "no_repeat_ngram_size": 0}
        ((found,),) = beam_candidates(
            decoder.as_decoder(),
            decoder.remember(0),
            **keys,  # type: ignore[arg-type]
            streamer=lambda *step: told.append(step),  # noqa: B023
        )
        assert found.ids == ids
        assert told == [(0, token) for token in ids]
    assert ends > 100


def test_a_drawn_text_ends_at_its_first_end_and_is_scored_by_the_same_length(cases: list[Case]) -> None:
    cut = ended = 0
    for case in cases:
        decoder, told = case.decoder, []
        keys = {"max_ids": case.rule.max_ids, "count_start": case.rule.count_start, "length_penalty": 1.5}
        ((found,),) = sample_candidates(
            decoder.as_decoder(),
            decoder.remember(1),
            texts=1,
            **keys,  # type: ignore[arg-type]
            seed=3,
            streamer=lambda *step: told.append(step),  # noqa: B023
        )
        assert told == [(0, token) for token in found.ids]
        assert decoder.end_id not in found.ids
        at_the_limit = len(found.ids) == case.rule.max_ids - 1
        cut, ended = cut + at_the_limit, ended + (not at_the_limit)
        path = found.ids if at_the_limit else [*found.ids, decoder.end_id]
        steps = [decoder.next_ids(1)(path[:place])[token] for place, token in enumerate(path)]
        n = len(path) + 1 if at_the_limit and case.rule.count_start else len(path)
        assert found.score == pytest.approx(sum(steps) / n**1.5, abs=ROUNDING)
    assert min(cut, ended) > 50


def test_clips_that_are_done_leave_when_half_are(cases: list[Case]) -> None:
    shrank = 0
    for seed in range(40):
        decoder = TableDecoder(seed, 6, vocabulary=9, ending=-0.5, rising=0.3, spread=2.0)
        memory = decoder.remember(*range(6))
        found = beam_candidates(decoder.as_decoder(), memory, beams=2, max_ids=14, count_start=True)
        rows = decoder.rows_at
        assert all(later == now or 2 * later <= now for now, later in pairwise(rows))
        shrank += len({*rows}) > 2
        for clip in range(6):
            (alone,) = beam_candidates(
                decoder.as_decoder(), decoder.remember(clip), beams=2, max_ids=14, count_start=True
            )
            assert found[clip] == alone
    assert shrank > 10
