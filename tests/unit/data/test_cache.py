"""Frames from the cache are those of the clips, whoever made it, whatever became of it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from sign2gpt.common.errors import UserError
from sign2gpt.data.cache import FrameCache
from sign2gpt.data.corpus import CACHE, ClipRow, Corpus, CorpusInfo
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.encode import write_clip

SIDE, FRAMES = 32, FramesConfig(size=32)
CLIP_GB = 10 * (3 * SIDE**2 + 4) / 1e9


def write(path: Path, seed: int, count: int = 10) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_clip(path, np.random.default_rng(seed).integers(0, 255, (count, SIDE, SIDE, 3), np.uint8), 25)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    info = CorpusInfo(name="noise", language="de", frame_rate=25, size=SIDE, licence="CC0-1.0")
    return Corpus(tmp_path, info, ["train"])


@pytest.fixture
def rows(corpus: Corpus) -> list[ClipRow]:
    """Four clips of ten frames of noise."""
    paths = [corpus.folder / "train" / f"clip{number}.mp4" for number in range(4)]
    for number, path in enumerate(paths):
        write(path, number)
    return [ClipRow(path.stem, "train", path, "satz", "a", None, 10) for path in paths]


def filled(corpus: Corpus, rows: list[ClipRow], gigabytes: float = 1.0) -> FrameCache:
    cache = FrameCache(corpus, rows, gigabytes)
    cache.fill()
    return cache


def frames(rows: list[ClipRow], cache: FrameCache | None, epoch: int = 0, workers: int = 0) -> bytes:
    data = SignDataset(rows, FRAMES, seed=1, train=True, cache=cache)
    found = batches(data, [[0, 2], [1, 3]], epoch=epoch, workers=workers)
    return b"".join(batch.frames.numpy().tobytes() for batch in found)


def stored(corpus: Corpus) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in (corpus.folder / CACHE).rglob("*.rgb")}


def test_the_cache_changes_nothing(corpus: Corpus, rows: list[ClipRow]) -> None:
    cache = filled(corpus, rows)
    for epoch in range(2):
        assert frames(rows, cache, epoch) == frames(rows, None, epoch)


def test_workers_read_it_and_need_no_clip(corpus: Corpus, rows: list[ClipRow]) -> None:
    plain, cache = frames(rows, None), filled(corpus, rows)
    for row in rows:
        row.path.unlink()
    assert frames(rows, cache, workers=2) == plain


def test_a_second_run_finds_it(corpus: Corpus, rows: list[ClipRow]) -> None:
    filled(corpus, rows)
    before = stored(corpus)
    filled(corpus, rows)
    assert len(before) == 4
    assert stored(corpus) == before


def test_processes_fill_it_together(corpus: Corpus, rows: list[ClipRow]) -> None:
    cache = FrameCache(corpus, rows, 1.0)
    cache.fill(0, 3)
    assert set(stored(corpus)) == {"clip0.rgb", "clip3.rgb"}
    cache.fill(1, 3)
    cache.fill(2, 3)
    assert frames(rows, cache) == frames(rows, None)


def test_it_keeps_to_its_size(corpus: Corpus, rows: list[ClipRow]) -> None:
    cache = filled(corpus, rows, 2.5 * CLIP_GB)
    assert set(stored(corpus)) == {"clip0.rgb", "clip1.rgb"}
    assert frames(rows, cache) == frames(rows, None)
    assert cache.read(rows[2], [0]) is None
    assert not FrameCache(corpus, rows, 0).rows


def test_what_is_damaged_or_older_than_its_clip_is_made_anew(corpus: Corpus, rows: list[ClipRow]) -> None:
    filled(corpus, rows)
    before = stored(corpus)
    damaged = corpus.folder / CACHE / "frames" / "train" / "clip0.rgb"
    os.truncate(damaged, 100)
    write(rows[1].path, seed=9)
    cache = filled(corpus, rows)
    changed = {name for name, place in stored(corpus).items() if place != before[name]}
    assert changed == {"clip0.rgb", "clip1.rgb"}
    assert frames(rows, cache) == frames(rows, None)


@pytest.mark.parametrize("seed", range(6))
def test_damage_that_keeps_size_and_time_is_noticed_at_reading(
    corpus: Corpus, rows: list[ClipRow], seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, cache = frames(rows, None), filled(corpus, rows)
    path = corpus.folder / CACHE / "frames" / "train" / "clip2.rgb"
    before, whole = path.stat(), path.read_bytes()
    content, random = bytearray(whole), np.random.default_rng(seed)
    if seed % 2:
        content[int(random.integers(len(content)))] ^= 1 << seed
    else:
        start = int(random.integers(len(content) - 4096))
        content[start : start + 4096] = bytes(4096)
    path.write_bytes(content)
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert frames(rows, filled(corpus, rows)) == plain
    for index in range(10):
        cache.read(rows[2], [index])
    assert path.read_bytes() == whole
    assert capsys.readouterr().err.split("; ")[0].endswith("clip2.rgb is damaged")


def test_frames_of_another_clip_under_its_name_are_noticed(corpus: Corpus, rows: list[ClipRow]) -> None:
    cache = filled(corpus, rows)
    folder = corpus.folder / CACHE / "frames" / "train"
    (folder / "clip0.rgb").write_bytes((folder / "clip1.rgb").read_bytes())
    assert frames(rows, cache) == frames(rows, None)


def test_a_file_cut_or_deleted_while_it_is_in_use_is_made_anew(corpus: Corpus, rows: list[ClipRow]) -> None:
    cache = filled(corpus, rows)
    folder = corpus.folder / CACHE / "frames" / "train"
    os.truncate(folder / "clip0.rgb", 100)
    (folder / "clip1.rgb").unlink()
    assert frames(rows, cache) == frames(rows, None)
    (folder / "clip0.rgb").write_bytes(b"")
    rows[0].path.unlink()
    with pytest.raises(UserError, match=r"clip0\.mp4"):
        cache.read(rows[0], [0])


def test_a_damaged_clip_and_one_of_another_size_are_told(corpus: Corpus, rows: list[ClipRow]) -> None:
    write_clip(rows[1].path, np.zeros((10, 64, 64, 3), np.uint8), 25)
    with pytest.raises(UserError, match=r"clip1\.mp4: .* but the corpus has 32x32"):
        filled(corpus, rows)
    rows[0].path.write_text("no video")
    with pytest.raises(UserError, match=r"clip0\.mp4"):
        filled(corpus, rows)


def test_too_small_a_disk_is_told_before_anything_is_decoded(corpus: Corpus, rows: list[ClipRow]) -> None:
    long = ClipRow("long", "train", rows[0].path, "", "", None, 10**12)
    with pytest.raises(UserError, match=r"make room, lower data\.cache_gb"):
        filled(corpus, [long], 1e12)


def test_frames_can_be_changed_in_place(corpus: Corpus, rows: list[ClipRow]) -> None:
    found = filled(corpus, rows).read(rows[0], [1, 3])
    assert found is not None
    torch.from_numpy(found).zero_()
    assert found.shape == (2, SIDE, SIDE, 3)
