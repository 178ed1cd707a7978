"""Sentences below a video: when they are there, what they cover, and letters that no font has."""

from __future__ import annotations

import re
import resource
from pathlib import Path

import numpy as np
import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import is_partial
from sign2gpt.video.decode import read_clip
from sign2gpt.video.encode import write_clip
from sign2gpt.video.subtitles import WIDTHS, burn_in, font_for

LINES = [(0.2, 0.4, "regen & <wind> in süd und nord " * 3), (0.4, 0.6, "天 no"[2:])]


def burnt(tmp_path: Path, width: int, height: int) -> np.ndarray:
    frames = [np.full((height, width, 3), 180, np.uint8)] * 20
    write_clip(tmp_path / "clip.mp4", frames, 25)
    try:
        count = burn_in(tmp_path / "clip.mp4", tmp_path / "out.mp4", LINES)
    except UserError as error:
        pytest.skip(str(error))
    found = read_clip(tmp_path / "out.mp4", frame_rate=None, size=None)
    assert (count, len(found.frames), found.frame_rate) == (20, 20, 25)
    return found.frames


def test_text_stands_below_the_picture_while_it_is_said(tmp_path: Path):
    frames = burnt(tmp_path, 64, 48)
    width, height = WIDTHS[0], round(WIDTHS[0] * 48 / 64)
    assert frames.shape[2] == width
    picture, band = frames[:, : height - 4], frames[:, height + 4 :]
    assert np.abs(picture.astype(int) - 180).max() < 12
    assert [bool(strip.max() > 150) for strip in band] == [5 <= number < 15 for number in range(20)]
    assert not np.array_equal(band[7], band[12])


def test_a_large_video_is_made_smaller(tmp_path: Path):
    assert burnt(tmp_path, WIDTHS[1] + 200, 200).shape[2] == WIDTHS[1]


def test_a_disk_that_takes_no_more_is_no_damage_of_the_video(tmp_path: Path):
    frames = [np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8) for number in range(20)]
    write_clip(tmp_path / "clip.mp4", frames, 25)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 12, hard))
    try:
        with pytest.raises(UserError, match=re.escape(f"{tmp_path}: cannot be written (")):
            burn_in(tmp_path / "clip.mp4", tmp_path / "out.mp4", [])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir() if not is_partial(path)] == ["clip.mp4"]


def test_letters_that_no_font_has_are_named():
    with pytest.raises(UserError, match="no font here has the letters"):
        font_for("\U00010600")
