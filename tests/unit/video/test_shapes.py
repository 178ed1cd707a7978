"""Pictures with oblong pixels, of changing size, in one of several tracks, or more than a file can be trusted with."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from pictures import quadrants
from PIL import Image
from recordings import joined, record, two_tracks

from sign2gpt.common.errors import UserError
from sign2gpt.video import container
from sign2gpt.video.decode import iter_frames, probe, read_clip
from sign2gpt.video.encode import write_clip
from sign2gpt.video.geometry import Fit
from sign2gpt.video.subtitles import WIDTHS, burn_in

TIMES_S = [0, 0.04, 0.08]


def disc(height: int, width: int, across: float, down: float) -> np.ndarray:
    """White on black: an ellipse in the middle, so many pixels wide and high."""
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2 + 0.5) / across * 2) ** 2 + ((y - height / 2 + 0.5) / down * 2) ** 2 <= 1
    return np.repeat(inside[..., None] * np.uint8(255), 3, axis=-1)


def extent(frame: np.ndarray) -> tuple[int, int]:
    """How many pixels wide and high what is bright is."""
    bright = frame.mean(-1) > 128
    return int(bright.any(0).sum()), int(bright.any(1).sum())


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize(("turned", "size"), [(None, (96, 96)), ((90.0, False, False), (96, 96))])
def test_oblong_pixels_are_shown_in_their_shape(
    tmp_path: Path, suffix: str, turned: tuple[float, bool, bool] | None, size: tuple[int, int]
) -> None:
    if turned and suffix == ".ts":
        pytest.skip("holds no display matrix")
    oblong = disc(128, 96, across=48, down=96)  # a circle where pixels are twice as wide as high
    path = record(tmp_path / f"oblong{suffix}", [oblong] * 3, TIMES_S, pixel=Fraction(2), turned=turned)
    fits: dict[Fit, float] = {"pad": 96 * 2 / 3, "crop": 96}
    for fit, across in fits.items():
        frame = read_clip(path, frame_rate=25, size=128, fit=fit).frames[0]
        wide, high = extent(frame)
        assert wide == pytest.approx(high, abs=2)
        assert wide == pytest.approx(across, abs=2)
    stretched = extent(read_clip(path, frame_rate=25, size=128).frames[0])
    assert stretched == (pytest.approx(96 if turned else 64, abs=2), pytest.approx(64 if turned else 96, abs=2))
    cut = read_clip(path, frame_rate=25, size=64, fit="pad", crop=(0, 0, *((128, 96) if turned else (96, 128))))
    assert extent(cut.frames[0])[0] == pytest.approx(extent(cut.frames[0])[1], abs=1)


def test_burnt_in_video_has_square_pixels(tmp_path: Path) -> None:
    path = record(tmp_path / "oblong.mp4", [disc(480, 360, 180, 360)] * 3, TIMES_S, pixel=Fraction(2))
    assert probe(path).aspect == 2
    burn_in(path, tmp_path / "out.mp4", [])
    frame = read_clip(tmp_path / "out.mp4", frame_rate=25, size=None).frames[0]
    assert frame.shape[1] == 720
    wide, high = extent(frame)
    assert wide == pytest.approx(360, abs=4)
    assert high == pytest.approx(360, abs=4)


@pytest.mark.parametrize("other", [(120, 160), (320, 240), (480, 640)])
def test_sizes_that_change_on_the_way(tmp_path: Path, other: tuple[int, int]) -> None:
    parts = [
        record(tmp_path / f"{number}.webm", [disc(*shape, 100, 100)] * 5, np.arange(5) / 25, codec="libvpx")
        for number, shape in enumerate(((240, 320), other))
    ]
    path = joined(tmp_path / "call.webm", parts)
    frames = read_clip(path, frame_rate=None, size=None).frames
    assert frames.shape == (10, 240, 320, 3)
    share = min(240 / other[0], 320 / other[1])
    assert extent(frames[0]) == (pytest.approx(100, abs=2), pytest.approx(100, abs=2))
    assert extent(frames[9]) == (pytest.approx(100 * share, abs=3), pytest.approx(100 * share, abs=3))
    assert read_clip(path, frame_rate=25, size=64, crop=(10, 10, 300, 220)).frames.shape[1:] == (64, 64, 3)
    assert burn_in(path, tmp_path / "out.mp4", [(0, 0.2, "x")]) == 10
    assert probe(tmp_path / "out.mp4").width == WIDTHS[0]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("marked", [0, 1])
def test_the_default_track_is_taken(tmp_path: Path, suffix: str, marked: int) -> None:
    levels = (60, 180)
    tracks = [
        (np.full((48, 64, 3), level, np.uint8), int(Disposition.default) * (number == marked))
        for number, level in enumerate(levels)
    ]
    path = two_tracks(tmp_path / f"two{suffix}", tracks)
    assert read_clip(path, frame_rate=25, size=None).frames.mean() == pytest.approx(levels[marked], abs=3)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_cover_is_no_video(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"covered{suffix}"
    with av.open(str(path), "w") as file:
        image = np.full((240, 320, 3), 60, np.uint8)
        if suffix == ".mkv":
            held = io.BytesIO()
            Image.fromarray(image).save(held, "jpeg")
            file.add_attachment("cover.jpg", "image/jpeg", held.getvalue())
        else:
            cover = file.add_stream("png", rate=25)
            cover.height, cover.width, cover.pix_fmt = 240, 320, "rgb24"
            cover.disposition = Disposition.attached_pic
        film = file.add_stream("libx264", rate=25)
        film.height, film.width, film.pix_fmt = 48, 64, "yuv420p"
        if suffix == ".mp4":
            file.mux(cover.encode(av.VideoFrame.from_ndarray(image)))
        for _ in range(25):
            file.mux(film.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 180, np.uint8))))
        file.mux(film.encode(None))
    with av.open(str(path)) as file:
        assert sorted(bool(s.disposition & Disposition.attached_pic) for s in file.streams.video) == [False, True]
    clip = read_clip(path, frame_rate=25, size=None)
    assert clip.frames.shape == (25, 48, 64, 3)
    assert clip.frames.mean() == pytest.approx(180, abs=3)
    assert probe(path).duration_s == pytest.approx(1, abs=0.05)


def gif(path: Path, side: int, frames: int) -> Path:
    """An animation of so many frames that each change one pixel of a large canvas."""
    palette = bytes([0, 0, 0, 255, 255, 255])
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + palette
    one = b"\x21\xf9\x04\x00\x02\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    path.write_bytes(head + one * frames + b"\x3b")
    return path


def test_a_small_file_of_huge_work_is_refused_at_once(tmp_path: Path) -> None:
    path = gif(tmp_path / "bomb.gif", 6100, 5000)
    assert path.stat().st_size < 130_000
    for read in (probe, lambda path: next(iter_frames(path, frame_rate=25, size=32))):
        with pytest.raises(UserError, match=r"bomb\.gif: .*6100x6100 .* 186 billion pixels .* 22 billion .* smaller"):
            read(path)
    assert probe(gif(tmp_path / "small.gif", 610, 500)).num_frames == 500


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts", ".gif"])
def test_decoded_pixels_are_counted_in_every_container(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"still{suffix}"
    if suffix == ".gif":
        gif(path, 64, 100)
    else:
        write_clip(path, [np.zeros((64, 64, 3), np.uint8)] * 100, 25)
    monkeypatch.setattr(container, "PIXELS_PER_BYTE", 0)
    monkeypatch.setattr(container, "FREE_PIXELS", 64 * 64 * 100)
    assert len(read_clip(path, frame_rate=None, size=None).frames) == 100
    monkeypatch.setattr(container, "FREE_PIXELS", 64 * 64 * 99)
    with pytest.raises(UserError, match=r"64x64 .* billion pixels"):
        read_clip(path, frame_rate=None, size=None)


def test_images_of_a_folder_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        Image.fromarray(quadrants()).save(tmp_path / f"{number}.png")
    monkeypatch.setattr(container, "PIXELS_PER_BYTE", 0)
    monkeypatch.setattr(container, "FREE_PIXELS", 64 * 96 * 4)
    frames = iter_frames(tmp_path, frame_rate=25, size=None)
    assert len([next(frames) for _ in range(3)]) == 3  # one more is read ahead
    with pytest.raises(UserError, match=r"96x64 .* billion pixels"):
        next(frames)
