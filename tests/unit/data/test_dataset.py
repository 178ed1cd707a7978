"""What a run sees depends on seed, clip and epoch: not on workers or an interruption."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from sign2gpt.common.errors import UserError
from sign2gpt.common.seeds import draw
from sign2gpt.data.batch import SignBatch
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.order import by_clips
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.encode import write_clip

FRAMES = FramesConfig(size=32)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[ClipRow]:
    """Seven clips of 9 to 15 frames of noise."""
    folder = tmp_path_factory.mktemp("clips")
    generator = np.random.default_rng(0)
    found = []
    for number in range(7):
        count = 9 + number
        path = folder / f"clip{number}.mp4"
        write_clip(path, generator.integers(0, 255, (count, 32, 32, 3), np.uint8), 25)
        found.append(ClipRow(f"clip{number}", "train", path, f"satz {number}", "a", None, count, {}))
    return found


def dataset(rows: list[ClipRow], seed: int = 1, train: bool = True) -> SignDataset:
    return SignDataset(rows, FRAMES, seed=seed, train=train)


def seen(found: list[SignBatch]) -> list[tuple[list[str], bytes]]:
    return [(batch.ids, batch.frames.numpy().tobytes()) for batch in found]


def epoch_of(data: SignDataset, epoch: int = 0, workers: int = 0, start: int = 0) -> list[tuple[list[str], bytes]]:
    steps = by_clips(len(data), 3, draw(data.seed, epoch))
    return seen(list(batches(data, steps[start:], epoch=epoch, workers=workers)))


def test_an_epoch_has_every_clip_once(rows: list[ClipRow]) -> None:
    found = list(batches(dataset(rows), by_clips(7, 3, draw(0)), epoch=0, workers=0))
    assert [len(batch.ids) for batch in found] == [3, 3, 1]
    assert sorted(name for batch in found for name in batch.ids) == [row.id for row in rows]
    texts = {row.id: row.text for row in rows}
    for batch in found:
        assert batch.texts == [texts[name] for name in batch.ids]
        assert batch.frames.shape == (int(batch.lengths.sum()), 3, 32, 32)


def test_epochs_and_seeds_differ_and_repeat(rows: list[ClipRow]) -> None:
    first = epoch_of(dataset(rows))
    assert first == epoch_of(dataset(rows))
    assert first != epoch_of(dataset(rows), epoch=1)
    assert first != epoch_of(dataset(rows, seed=2))


def test_a_draw_belongs_to_its_clip(rows: list[ClipRow]) -> None:
    alone, among = dataset(rows[4:5]), dataset(rows)
    for epoch in range(3):
        alone.set_epoch(epoch)
        among.set_epoch(epoch)
        assert torch.equal(alone[0].frames, among[4].frames)


def test_a_resumed_epoch_goes_on_with_the_same_bits(rows: list[ClipRow]) -> None:
    whole = epoch_of(dataset(rows), epoch=3)
    assert epoch_of(dataset(rows), epoch=3, start=1) == whole[1:]
    assert epoch_of(dataset(rows), epoch=3, start=3) == []


@pytest.mark.parametrize("size", [24, 40])
def test_clips_changed_where_they_are_computed_with_are_the_same(rows: list[ClipRow], size: int) -> None:
    frames = FramesConfig(size=size)
    left = frames.model_copy(update={"augment_on": "gpu"})
    before, after = (
        list(batches(SignDataset(rows, each, seed=1, train=True), [[0, 3], [5]], epoch=2, workers=0))
        for each in (frames, left)
    )
    assert [batch.frames.shape[-1] for batch in after] == [32, 32]
    sent = [pickle.loads(pickle.dumps(batch)).to("cpu") for batch in after]  # noqa: S301
    assert seen(sent) == seen(before) == seen([batch.to("cpu") for batch in sent])


def test_evaluation_leaves_nothing_to_be_changed(rows: list[ClipRow]) -> None:
    frames = FramesConfig(size=24, augment_on="gpu")
    (batch,) = batches(SignDataset(rows, frames, seed=1, train=False), [[0, 1]], epoch=0, workers=0)
    assert batch.frames.shape[-2:] == (24, 24)
    assert not batch.pending


def test_evaluation_is_the_same_in_every_epoch(rows: list[ClipRow]) -> None:
    data = dataset(rows, train=False)
    first = data[2].frames
    data.set_epoch(5)
    assert torch.equal(first, data[2].frames)
    assert len(first) == 6


def test_workers_change_nothing(rows: list[ClipRow]) -> None:
    state = torch.get_rng_state()
    assert epoch_of(dataset(rows), epoch=2, workers=2) == epoch_of(dataset(rows), epoch=2)
    assert torch.equal(state, torch.get_rng_state())


def test_a_killed_worker_is_told_in_one_line(rows: list[ClipRow]) -> None:
    before = multiprocessing.active_children()
    found = batches(dataset(rows), [[place] for place in range(7)], epoch=0, workers=1)
    next(found)
    (worker,) = (process for process in multiprocessing.active_children() if process not in before)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(UserError, match=r"was killed, .* lower data\.workers$"):
        list(found)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_clip_is_told_in_one_line(rows: list[ClipRow], tmp_path: Path, workers: int) -> None:
    path = tmp_path / "bad.mp4"
    path.write_text("no video")
    bad = [*rows[:2], ClipRow("bad", "train", path, "", "", None, 9, {})]
    found = batches(dataset(bad), [[0], [1], [2]], epoch=0, workers=workers)
    assert len(list(islice(found, 2))) == 2
    with pytest.raises(UserError, match=r"bad\.mp4") as caught:
        next(found)
    assert len(str(caught.value).splitlines()) == 1
