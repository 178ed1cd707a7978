"""Times are those of the player's clock, wherever the file's own starts; the rate is that of its pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictures import counted, ramp
from recordings import browser_recording, record

from sign2gpt.common.errors import UserError
from sign2gpt.video.decode import held_seconds, iter_frames, iter_stretches, probe, read_clip
from sign2gpt.video.encode import write_clip
from sign2gpt.video.subtitles import burn_in

FRAMES = ramp(50)
TIMES_S = np.arange(50) / 25


def numbers(frames: list[np.ndarray] | np.ndarray) -> list[int]:
    return [round(float(frame.mean()) / 3) for frame in frames]


@pytest.mark.parametrize("name", ["late.mkv", "late.mp4", "late.ts", "late.webm", "late.flv"])
def test_a_clock_that_starts_late_is_no_cut(tmp_path: Path, name: str) -> None:
    codec = "libvpx" if name.endswith("webm") else "libx264"
    path = record(tmp_path / name, FRAMES, TIMES_S + 2, codec=codec)
    clip = read_clip(path, frame_rate=25, size=None)
    assert numbers(clip.frames) == list(range(50))
    assert (clip.start_s, clip.duration_s) == (0, 2)
    assert probe(path).duration_s == pytest.approx(2, abs=0.05)
    assert held_seconds(path) == pytest.approx(2, abs=0.05)
    assert numbers(read_clip(path, frame_rate=25, size=None, start_s=1, end_s=1.2).frames) == list(range(25, 30))


def test_a_cut_file_with_a_late_clock_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (100, 64, 64, 3), np.uint8)
    path = record(tmp_path / "late.mkv", list(noise), np.arange(100) / 25 + 2)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=r"late\.mkv: ends at [12]\.\d\d s of 4\.\d\d s, so it is cut"):
        read_clip(path, frame_rate=25, size=None)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts", "late.webm"])
def test_pictures_that_start_after_the_sound_keep_their_times(tmp_path: Path, name: str) -> None:
    codec = "libvpx" if name.endswith("webm") else "libx264"
    path = record(tmp_path / name, FRAMES, TIMES_S + 3, codec=codec, sound_s=(0, 5))
    clip = read_clip(path, frame_rate=25, size=None)
    assert clip.start_s == pytest.approx(3, abs=0.03)
    assert numbers(clip.frames) == list(range(50))
    about = probe(path)
    assert about.duration_s == pytest.approx(5, abs=0.05)
    assert held_seconds(path) == pytest.approx(5, abs=0.05)
    cut = read_clip(path, frame_rate=25, size=None, start_s=4, end_s=4.2)
    assert numbers(cut.frames)[0] in (24, 25)
    assert cut.start_s == 4
    before = read_clip(path, frame_rate=25, size=None, start_s=1, end_s=3.4)
    assert numbers(before.frames)[:9] == list(range(9))
    assert len(before.frames) in (9, 10)
    with pytest.raises(UserError, match="over before"):
        read_clip(path, frame_rate=25, size=None, start_s=1, end_s=2)


def test_a_seek_goes_by_the_players_clock(tmp_path: Path) -> None:
    frames = list(counted(500))
    path = record(tmp_path / "late.mkv", frames, np.arange(500) / 25 + 3, sound_s=(0, 23))
    (frame,) = iter_frames(path, frame_rate=25, size=None, start_s=18, end_s=18.04)
    assert round(frame[:, :24].mean() / 5) + 50 * round(frame[:, 40:].mean() / 5) == 375


def test_burnt_in_sentences_keep_the_clock_of_the_source(tmp_path: Path) -> None:
    path = record(tmp_path / "late.mp4", ramp(50), TIMES_S + 3, sound_s=(0, 5))
    assert burn_in(path, tmp_path / "out.mp4", [(4, 4.4, "x")]) == 50
    burnt = read_clip(tmp_path / "out.mp4", frame_rate=25, size=None)
    assert burnt.start_s == pytest.approx(3, abs=0.04)
    said = [bool(frame[-50:].max() > 150) for frame in burnt.frames]
    assert said == [25 <= number < 35 for number in range(50)]


@pytest.mark.parametrize("rate", [15, 24, 25, 30])
@pytest.mark.parametrize("jitter_ms", [0, 4, 10])
def test_a_browsers_recording_has_the_rate_of_its_pictures(tmp_path: Path, rate: int, jitter_ms: int) -> None:
    rng = np.random.default_rng(rate)
    times_s = np.maximum.accumulate(np.arange(3 * rate) / rate + rng.uniform(0, jitter_ms, 3 * rate) / 1000)
    path = browser_recording(tmp_path / "camera.webm", ramp(3 * rate, step=2), times_s)
    about = probe(path)
    assert (about.frame_rate, about.num_frames) == (rate, None)
    assert about.duration_s == pytest.approx(3, abs=0.06)
    assert len(read_clip(path, frame_rate=about.frame_rate, size=None).frames) == pytest.approx(3 * rate, abs=1)
    assert burn_in(path, tmp_path / "out.mp4", []) == pytest.approx(3 * rate, abs=1)
    assert probe(tmp_path / "out.mp4").frame_rate == rate


def test_pictures_that_a_browser_dropped_do_not_lower_the_rate(tmp_path: Path) -> None:
    kept = np.flatnonzero(np.random.default_rng(0).random(90) > 0.25)
    path = browser_recording(tmp_path / "camera.webm", ramp(90, step=2)[kept], kept / 30)
    assert probe(path).frame_rate == 30


def test_a_rate_that_no_camera_has_is_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = browser_recording(tmp_path / "camera.webm", ramp(40), np.arange(40) / 17.5 + rng.uniform(0, 0.02, 40))
    assert probe(path).frame_rate == pytest.approx(17.5, rel=0.02)


@pytest.mark.parametrize("name", ["off.mkv", "off.mp4"])
def test_a_gap_of_minutes_is_left_out(tmp_path: Path, name: str) -> None:
    times_s = np.concatenate([TIMES_S[:25], TIMES_S[25:] + 600])
    path = record(tmp_path / name, FRAMES, times_s)
    stretches = [(start_s, numbers(list(frames))) for start_s, frames in iter_stretches(path, frame_rate=25, size=None)]
    assert stretches == [(0, list(range(25))), (pytest.approx(601), list(range(25, 50)))]
    assert numbers(list(iter_frames(path, frame_rate=25, size=None))) == list(range(50))
    assert numbers(list(iter_frames(path, frame_rate=25, size=None, start_s=300, end_s=601.2))) == list(range(25, 30))
    assert probe(path).duration_s == pytest.approx(602, abs=0.1)


def test_a_sentence_does_not_stay_through_a_gap(tmp_path: Path) -> None:
    path = record(tmp_path / "off.mkv", FRAMES, np.concatenate([TIMES_S[:25], TIMES_S[25:] + 600]))
    assert burn_in(path, tmp_path / "out.mp4", [(0.5, 1.0, "x"), (601.2, 601.4, "y")]) == 51
    first, second = (
        (start_s, [bool(frame[-50:].max() > 150) for frame in frames])
        for start_s, frames in iter_stretches(tmp_path / "out.mp4", frame_rate=25, size=None)
    )
    assert first == (0, [13 <= number < 25 for number in range(26)])
    assert second == (pytest.approx(601), [5 <= number < 10 for number in range(25)])


def test_damaged_times_are_refused(tmp_path: Path) -> None:
    path = record(tmp_path / "damaged.mkv", FRAMES, [*TIMES_S[:25], *(TIMES_S[25:] + 86_400)])
    with pytest.raises(UserError, match=r"damaged\.mkv: no picture for 86,4\d\d s from 1\.00 s on"):
        list(iter_frames(path, frame_rate=25, size=None))


def test_every_second_frame_of_a_clip(clip: Path) -> None:
    found = read_clip(clip, frame_rate=25, size=None, every=2)
    assert numbers(found.frames) == list(range(0, 75, 2))
    assert (found.frame_rate, found.duration_s) == (12.5, 3)


def test_an_empty_cut_is_not_shown(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", FRAMES, 25)
    assert list(iter_stretches(tmp_path / "a.mp4", frame_rate=25, size=None, start_s=5)) == []
