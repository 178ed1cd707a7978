"""Frames come back from a file as they went in, and the same frames make the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.video.decode import probe, read_clip
from sign2gpt.video.encode import write_clip


def scene(count: int, height: int, width: int) -> list[np.ndarray]:
    """A bright disc that moves over a soft gradient."""
    y, x = np.mgrid[:height, :width]
    frames = []
    for n in range(count):
        frame = np.stack([x * 200 / width, y * 200 / height, np.full((height, width), 90.0)], axis=-1)
        inside = (x - width / 2 - 8 * np.sin(n / 3)) ** 2 + (y - height / 2) ** 2 < (min(height, width) / 5) ** 2
        frame[inside] = (230, 180, 150)
        frames.append(frame.astype(np.uint8))
    return frames


def test_frames_come_back(tmp_path: Path) -> None:
    frames = scene(30, 64, 96)
    assert write_clip(tmp_path / "clip.mp4", iter(frames), 25) == 30
    clip = read_clip(tmp_path / "clip.mp4", frame_rate=25, size=None)
    assert clip.frame_rate == 25
    assert np.abs(clip.frames.astype(int) - np.stack(frames)).mean() < 3


def test_the_same_frames_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_clip(tmp_path / name, scene(40, 64, 64), 25)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("rate", [12.5, 24, 30000 / 1001, 25])
def test_the_rate_is_kept(tmp_path: Path, rate: float) -> None:
    write_clip(tmp_path / "clip.mp4", scene(12, 32, 32), rate)
    info = probe(tmp_path / "clip.mp4")
    assert info.frame_rate == pytest.approx(rate)
    assert info.duration_s == pytest.approx(12 / rate, abs=1e-3)
    assert info.num_frames == 12


def test_an_odd_side_grows_by_one(tmp_path: Path) -> None:
    frames = scene(3, 33, 47)
    write_clip(tmp_path / "odd.mp4", frames, 25)
    stored = read_clip(tmp_path / "odd.mp4", frame_rate=25, size=None).frames
    assert stored.shape == (3, 34, 48, 3)
    assert np.abs(stored[:, :33, :47].astype(int) - np.stack(frames)).mean() < 3


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    assert write_clip(tmp_path / "one.mp4", scene(1, 64, 64), 25) == 1
    assert len(read_clip(tmp_path / "one.mp4", frame_rate=25, size=None).frames) == 1


def test_quality_is_a_choice(tmp_path: Path) -> None:
    sizes = []
    for crf in (10, 18, 40):
        write_clip(tmp_path / "clip.mp4", scene(20, 64, 64), 25, crf=crf)
        sizes.append((tmp_path / "clip.mp4").stat().st_size)
    assert sizes == sorted(sizes, reverse=True)


def test_what_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no frames"):
        write_clip(tmp_path / "none.mp4", [], 25)
    with pytest.raises(AssertionError):
        write_clip(tmp_path / "mixed.mp4", [*scene(2, 32, 32), *scene(1, 64, 64)], 25)
    assert list(tmp_path.iterdir()) == []
