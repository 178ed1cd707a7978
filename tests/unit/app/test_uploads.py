"""Uploads within their bounds: bytes, seconds, pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sign2gpt.app.limits import PageLimits, Refused, check_bytes, check_video
from sign2gpt.video.encode import write_clip


def clip(path: Path, seconds: float = 1.0, size: int = 64) -> Path:
    write_clip(path, (np.zeros((size, size, 3), np.uint8) for _ in range(round(25 * seconds))), 25.0)
    return path


def refusal(path: Path, limits: PageLimits) -> str | None:
    try:
        check_bytes(path, limits)
        check_video(path, limits)
    except Refused as refused:
        return refused.key
    return None


def test_what_fits_passes(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4")
    check_bytes(path, PageLimits())
    assert check_video(path, PageLimits()) == pytest.approx(1.0)


def test_each_bound(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", seconds=2)
    assert refusal(path, PageLimits(megabytes=0)) == "too_many_bytes"
    assert refusal(path, PageLimits(seconds=1.5)) == "too_long"
    assert refusal(path, PageLimits(pixels=63 * 64)) == "too_many_pixels"


def test_nothing_there_and_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert refusal(tmp_path / "empty.mp4", PageLimits()) == "empty"
    assert refusal(tmp_path / "gone.mp4", PageLimits()) == "gone"
