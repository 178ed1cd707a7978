"""What a source gives: every clip once, the same steps for any number of processes, gradients that ask for no order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from worlds import recipe

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import NO_FRAMES, SignBatch, SignSample, collate
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.dataset import FeatureDataset, SignDataset
from sign2gpt.systems.sign2gpt.model import build_model
from sign2gpt.systems.sign2gpt.pretraining import PretrainTask, Targets
from sign2gpt.training.task import Source, ahead

CPU = torch.device("cpu")


@dataclass
class Rank:
    """A process among others, of which a source asks no more."""

    rank: int
    world: int
    device: torch.device = CPU


def source(lengths: list[int], rank: int = 0, world: int = 1, *, batch: int = 3, frames: int | None = None) -> Source:
    samples = [SignSample(str(n), "", NO_FRAMES, torch.full((length, 2), float(n))) for n, length in enumerate(lengths)]
    data = FeatureDataset(samples, seed=0)
    return Source(data, Rank(rank, world), batch=batch, workers=0, shuffle=True, frames=frames)  # type: ignore[arg-type]


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=40),
    st.integers(1, 4),
    st.none() | st.integers(1, 200),
    st.integers(0, 2),
)
def test_processes_share_an_epoch(lengths: list[int], world: int, frames: int | None, epoch: int) -> None:
    ranks = [list(source(lengths, rank, world, batch=3, frames=frames).batches(epoch)) for rank in range(world)]
    alone = list(source(lengths, batch=3 * world, frames=frames).batches(epoch))
    assert sorted(int(name) for batch in alone for name in batch.ids) == list(range(len(lengths)))
    assert [len(steps) for steps in ranks] == [len(source(lengths, batch=3 * world, frames=frames))] * world
    for number, batch in enumerate(alone):
        together = [name for steps in ranks for name in steps[number].ids]
        assert set(together) == set(batch.ids)
        assert len(together) == max(world, len(batch.ids))


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40), st.none() | st.integers(1, 200), st.integers(0, 5))
def test_a_resumed_epoch_goes_on(lengths: list[int], frames: int | None, start: int) -> None:
    clips = source(lengths, frames=frames)
    whole = [batch.ids for batch in clips.batches(2)]
    assert [batch.ids for batch in clips.batches(2, start)] == whole[start:]


@given(st.integers(1, 20), st.integers(1, 4))
def test_every_clip_counts_once(clips: int, world: int) -> None:
    found = [
        batch.ids[place]
        for rank in range(world)
        for batch, real in source([1] * clips, rank, world).counted()
        for place in real
    ]
    assert sorted(map(int, found)) == list(range(clips))


def test_a_bucketed_batch_has_the_gradient_of_its_clips_in_any_order(world: Path) -> None:
    made = recipe(world, "model.dropout=0", "model.drop_path=0", "model.prototypes.dropout=0")
    rows = Corpus.open(world / "corpus").rows("train")
    data = SignDataset(rows, made.frames, seed=0, train=True)
    clips = Source(data, Processes(), batch=4, workers=0, shuffle=True, frames=40)
    model = build_model(made.model, glosses=3, decoder=False).train()
    targets = Targets({row.id: [n % 3] for n, row in enumerate(rows)}, 3)
    task = PretrainTask(model, clips, clips, targets, Processes(), scale=10, threshold=0.5)

    def gradient(batch: SignBatch) -> torch.Tensor:
        model.zero_grad()
        (task.losses(batch, task.encode(batch)).sum() / task.count(batch)).backward()
        return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])

    step = max(clips.steps(0), key=len)
    assert len(step) > 2
    bucketed = next(batch for batch in clips.batches(0) if batch.ids == [rows[clip].id for clip in step])
    plain = collate([data[clip] for clip in sorted(step)])
    wanted = gradient(plain)
    assert float((gradient(bucketed) - wanted).norm() / wanted.norm()) < 1e-5


@pytest.mark.skipif(not torch.cuda.is_available(), reason="sends to a GPU")
def test_batches_sent_ahead_are_the_same() -> None:
    plain = source(list(range(1, 20)), batch=2)
    sent = list(ahead(plain.batches(), torch.device("cuda")))
    for batch, before in zip(sent, plain.batches(), strict=True):
        assert batch.features is not None
        assert before.features is not None
        assert batch.features.is_cuda
        assert torch.equal(batch.features.cpu(), before.features)
