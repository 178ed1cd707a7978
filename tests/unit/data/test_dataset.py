"""What a run sees depends on seed, clip and epoch: not on workers, processes, the cache or an interruption."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.data.batch import SignBatch, SignSample
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import FeatureDataset, SignDataset, batches
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


def dataset(rows: list[ClipRow], seed: int = 1, train: bool = True, cache_mb: int = 0) -> SignDataset:
    return SignDataset(rows, FRAMES, seed=seed, train=train, cache_mb=cache_mb)


def seen(found: list[SignBatch]) -> list[tuple[list[str], bytes]]:
    return [(batch.ids, batch.frames.numpy().tobytes()) for batch in found]


def epoch_of(data: SignDataset, epoch: int = 0, workers: int = 0, start: int = 0) -> list[tuple[list[str], bytes]]:
    return seen(list(batches(data, batch=3, epoch=epoch, shuffle=True, workers=workers, start=start)))


def test_an_epoch_has_every_clip_once(rows: list[ClipRow]) -> None:
    found = list(batches(dataset(rows), batch=3, epoch=0, shuffle=True, workers=0))
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


def test_skipped_batches_are_not_decoded(rows: list[ClipRow], tmp_path: Path) -> None:
    gone = [ClipRow("gone", "train", tmp_path / "gone.mp4", "", "", None, 9, {}), *rows[:3]]
    found = batches(dataset(gone), batch=1, epoch=0, shuffle=False, workers=0, start=1)
    assert [batch.ids for batch in found] == [["clip0"], ["clip1"], ["clip2"]]


def test_the_cache_changes_nothing(rows: list[ClipRow]) -> None:
    plain, cached = dataset(rows), dataset(rows, cache_mb=1)
    for epoch in range(2):
        assert epoch_of(plain, epoch) == epoch_of(cached, epoch)


def test_the_cache_keeps_to_its_size(rows: list[ClipRow], tmp_path: Path) -> None:
    large = []
    for number in range(4):
        path = tmp_path / f"{number}.mp4"
        write_clip(path, np.zeros((10, 192, 192, 3), np.uint8), 25)  # 1.1 MB decoded
        large.append(ClipRow(str(number), "train", path, "", "", None, 10, {}))
    data = dataset(large, cache_mb=3)
    data.fill_cache()
    for path in (row.path for row in large[:2]):
        path.unlink()
    assert data[0].frames.shape[1:] == (3, 32, 32)
    assert data[3].frames.shape[1:] == (3, 32, 32)
    large[3].path.unlink()
    with pytest.raises(UserError, match="no such video"):
        data[3]


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


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_clip_is_told_in_one_line(rows: list[ClipRow], tmp_path: Path, workers: int) -> None:
    path = tmp_path / "bad.mp4"
    path.write_text("no video")
    bad = [*rows[:2], ClipRow("bad", "train", path, "", "", None, 9, {})]
    found = batches(dataset(bad), batch=1, epoch=0, shuffle=False, workers=workers)
    assert len(list(islice(found, 2))) == 2
    with pytest.raises(UserError, match=r"bad\.mp4") as caught:
        next(found)
    assert len(str(caught.value).splitlines()) == 1


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
def test_processes_share_an_epoch(clips: int, batch: int, world: int, epoch: int) -> None:
    empty = torch.empty(0, 3, 0, 0, dtype=torch.uint8)
    data = FeatureDataset([SignSample(str(n), "", empty, torch.full((1, 2), float(n))) for n in range(clips)], seed=0)

    def read(batch: int, rank: int, world: int) -> list[list[str]]:
        found = batches(data, batch=batch, epoch=epoch, shuffle=True, workers=0, rank=rank, world=world)
        return [step.ids for step in found]

    ranks = [read(batch, rank, world) for rank in range(world)]
    assert len({tuple(len(ids) for ids in steps) for steps in ranks}) == 1
    every = [name for steps in ranks for ids in steps for name in ids]
    assert {int(name) for name in every} == set(range(clips))
    assert len(every) - clips < world
    alone = read(batch * world, 0, 1)
    for step, ids in enumerate(alone):
        assert {name for steps in ranks for name in steps[step]} == set(ids)
