"""Every clip once an epoch, in steps that depend on seed and epoch alone, dealt out to any number of processes."""

from __future__ import annotations

from itertools import chain
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.data.order import by_clips, by_frames, share

LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=120)
BUDGETS = st.integers(1, 2000)
SEEDS = st.integers(0, 3)


@given(LENGTHS, BUDGETS, SEEDS)
def test_a_budget_is_kept_and_no_clip_dropped(lengths: list[int], budget: int, seed: int) -> None:
    steps = by_frames(lengths, budget, Random(seed))
    assert sorted(chain(*steps)) == list(range(len(lengths)))
    for step in steps:
        assert step
        assert len(step) == 1 or sum(lengths[clip] for clip in step) <= budget


@given(LENGTHS, BUDGETS, SEEDS)
def test_every_epoch_has_as_many_steps(lengths: list[int], budget: int, seed: int) -> None:
    assert len(by_frames(lengths, budget, Random(seed))) == len(by_frames(lengths, budget, Random(9)))


def test_steps_are_full_where_there_are_clips_enough() -> None:
    random = Random(0)
    lengths = [random.randint(20, 256) for _ in range(7000)]
    steps = by_frames(lengths, 1024, random)
    assert sum(lengths) / (1024 * len(steps)) > 0.85
    longest = [max(lengths[clip] for clip in step) for step in steps]
    shortest = [min(lengths[clip] for clip in step) for step in steps]
    assert sum(longest) < 1.25 * sum(shortest)


def test_batches_are_mixed_anew_in_each_epoch() -> None:
    lengths = [20 + clip % 50 for clip in range(400)]
    first, second = ({frozenset(step) for step in by_frames(lengths, 400, Random(epoch))} for epoch in (1, 2))
    assert not first & second
    assert by_frames(lengths, 400, Random(1)) == by_frames(lengths, 400, Random(1))
    means = [sum(lengths[clip] for clip in step) / len(step) for step in by_frames(lengths, 400, Random(1))]
    assert means not in (sorted(means), sorted(means, reverse=True)), "steps of all lengths are mixed"


@given(st.integers(0, 40), st.integers(1, 9), SEEDS)
def test_steps_of_clips(clips: int, batch: int, seed: int) -> None:
    steps = by_clips(clips, batch, Random(seed))
    assert sorted(chain(*steps)) == list(range(clips))
    assert all(len(step) == batch for step in steps[:-1])
    assert list(chain(*by_clips(clips, batch, None))) == list(range(clips))


@given(st.lists(st.integers(0, 99), min_size=1, max_size=20, unique=True), st.integers(1, 6))
def test_processes_share_a_step(step: list[int], world: int) -> None:
    shares = [share(step, rank, world) for rank in range(world)]
    assert all(shares)
    assert sorted(chain(*shares[: len(step)])) == sorted(step), "each clip once"
    assert {clip for rest in shares[len(step) :] for clip in rest} <= set(step)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
