"""Any video in, upright RGB frames at the wanted rate out."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from pictures import counted, quadrants, ramp
from PIL import Image

from sign2gpt.common.errors import UserError
from sign2gpt.video import decode
from sign2gpt.video.decode import iter_frames, probe, read_clip, read_frames
from sign2gpt.video.encode import write_clip

IDENTITY = np.array([1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30], ">i4").tobytes()
CLOCKWISE = np.array([0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()


def numbers(frames: np.ndarray, step: int = 3) -> list[int]:
    return np.rint(frames.mean(axis=(1, 2, 3)) / step).astype(int).tolist()


def counts(frames: np.ndarray) -> list[int]:
    units, fifties = (np.rint(half.mean(axis=(1, 2, 3)) / 5) for half in (frames[:, :, :24], frames[:, :, 40:]))
    return (units + 50 * fifties).astype(int).tolist()


def write_at(path: Path, frames: np.ndarray, times_ms: Sequence[int]) -> None:
    """Writes frames that are shown from given milliseconds on."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for frame, time_ms in zip(frames, times_ms, strict=True):
            picture = av.VideoFrame.from_ndarray(frame)
            picture.pts, picture.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def test_a_real_clip(shared: Path) -> None:
    path = shared / "real/dailymoth-0043626.gif"
    info = probe(path)
    assert (info.width, info.height, info.num_frames) == (224, 224, 181)
    assert info.frame_rate == pytest.approx(24, abs=0.1)
    assert info.duration_s == pytest.approx(181 / 24, abs=0.05)
    frames = read_clip(path, frame_rate=25, size=64).frames
    assert frames.shape == (189, 64, 64, 3)  # 188.5 ticks of 1/25 s, rounded up
    assert frames.std() > 20


@pytest.mark.parametrize(
    ("rate", "count"), [(None, 75), (25, 75), (12.5, 38), (10, 30), (30, 90), (50, 150), (30000 / 1001, 90)]
)
def test_any_rate_is_brought_to_the_wanted_one(clip: Path, rate: float | None, count: int) -> None:
    seen = numbers(read_clip(clip, frame_rate=rate, size=None).frames)
    assert len(seen) == count
    assert seen == sorted(seen)
    expected = np.minimum(np.arange(count) * 25 / (rate or 25), 74)
    assert np.abs(np.array(seen) - expected).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts", ".mov"])
def test_containers_keep_their_frames(clip: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ramp{suffix}"
    write_clip(path, ramp(75), 25)
    assert probe(path).duration_s == pytest.approx(3)
    assert numbers(read_clip(path, frame_rate=25, size=None).frames) == list(range(75))
    assert numbers(read_clip(path, frame_rate=None, size=None, start_s=1, end_s=2).frames) == list(range(25, 50))


def test_variable_frame_rate(tmp_path: Path) -> None:
    path = tmp_path / "vfr.mp4"
    write_at(path, ramp(5), [0, 100, 200, 700, 1200])
    seen = numbers(read_clip(path, frame_rate=10, size=None).frames)
    assert seen[:12] == [0, 1, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("name", "preset"),
    [(f"long.{kind}", preset) for kind in ("mp4", "mkv", "ts", "h264") for preset in ("ultrafast", "medium")]
    + [("long.avi", "ultrafast")],  # AVI keeps no times, which B-frames would need
)
def test_a_cut_far_into_a_video_is_exact(tmp_path: Path, name: str, preset: str) -> None:
    path = tmp_path / name
    write_clip(path, counted(1000), 25, preset=preset)
    for start_s, end_s in ((6.0, 7.0), (20.0, 21.0), (33.32, 34.0)):
        cut = read_clip(path, frame_rate=25, size=None, start_s=start_s, end_s=end_s).frames
        assert counts(cut) == list(range(round(start_s * 25), round(end_s * 25)))


@pytest.mark.parametrize(("start_s", "end_s"), [(3.5, None), (2.0, 2.0), (2.0, 1.0), (-1.0, 1.0), (float("nan"), None)])
def test_an_empty_cut_is_refused(clip: Path, start_s: float, end_s: float | None) -> None:
    with pytest.raises(UserError, match=r"ramp\.mp4.*start"):
        read_clip(clip, frame_rate=25, size=None, start_s=start_s, end_s=end_s)


def test_a_cut_shorter_than_a_frame_has_one(clip: Path) -> None:
    assert numbers(read_clip(clip, frame_rate=25, size=None, start_s=1.0, end_s=1.001).frames) == [25]


def test_the_rotation_flag_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "phone.mp4"
    write_clip(path, [quadrants()] * 5, 25)
    data = path.read_bytes()
    header, track = data.index(IDENTITY), data.rindex(IDENTITY)
    assert header != track
    path.write_bytes(data[:track] + CLOCKWISE + data[track + len(CLOCKWISE) :])
    info = probe(path)
    assert (info.width, info.height) == (64, 96)
    frame = read_clip(path, frame_rate=25, size=None).frames[0]
    assert np.abs(frame.astype(int) - np.rot90(quadrants(), -1)).mean() < 5


@pytest.mark.parametrize(("height", "width"), [(65, 63), (64, 33), (17, 90)])
def test_odd_sizes(tmp_path: Path, height: int, width: int) -> None:
    path = tmp_path / "odd.gif"
    Image.fromarray(quadrants(height, width)).save(path)
    frame = read_clip(path, frame_rate=25, size=None).frames[0]
    assert frame.shape == (height, width, 3)
    assert np.abs(frame.astype(int) - quadrants(height, width)).mean() < 3
    assert read_clip(path, frame_rate=25, size=32, fit="pad").frames.shape[1:] == (32, 32, 3)
    assert read_clip(path, frame_rate=25, size=32, fit="crop").frames.shape[1:] == (32, 32, 3)


def test_fits(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    write_clip(path, [quadrants(64, 128)], 25)
    stretched, padded, cropped = (
        read_clip(path, frame_rate=25, size=32, fit=fit).frames[0] for fit in ("stretch", "pad", "crop")
    )
    assert np.abs(stretched.astype(int) - quadrants(32, 32)).mean() < 12
    assert padded[:8].max() == 0
    assert padded[24:].max() == 0
    assert np.abs(padded[8:24].astype(int) - quadrants(16, 32)).mean() < 12
    assert np.abs(cropped.astype(int) - quadrants(32, 32)).mean() < 12


def test_a_crop_is_cut_out_first(tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    write_clip(path, [quadrants(64, 128)], 25)
    green = read_clip(path, frame_rate=25, size=16, crop=(66, 2, 60, 28)).frames[0]
    assert np.abs(green.astype(int) - (0, 255, 0)).max() < 12
    with pytest.raises(UserError, match="leaves its 128x64 pixels"):
        read_clip(path, frame_rate=25, size=16, crop=(100, 0, 60, 28))


def test_a_folder_of_images_in_natural_order(tmp_path: Path) -> None:
    for number, frame in enumerate(ramp(12), start=1):
        Image.fromarray(frame).save(tmp_path / (f"{number}.png" if number % 2 else f"{number}.jpg"), quality=95)
    (tmp_path / "notes.txt").write_text("no image")
    assert numbers(read_clip(tmp_path, frame_rate=30, size=32).frames) == list(range(12))
    assert numbers(read_clip(tmp_path, frame_rate=10, size=32, start_s=0.5, end_s=0.8).frames) == [5, 6, 7]
    info = probe(tmp_path)
    assert (info.num_frames, info.frame_rate, info.duration_s) == (12, 25, 0.48)


def test_an_image_taken_upright_is_read_upright(tmp_path: Path) -> None:
    image = Image.fromarray(quadrants())
    exif = image.getexif()
    exif[0x0112] = 6  # turn clockwise
    image.save(tmp_path / "1.jpg", quality=95, exif=exif)
    frame = read_clip(tmp_path, frame_rate=25, size=None).frames[0]
    assert np.abs(frame.astype(int) - np.rot90(quadrants(), -1)).mean() < 5


def test_images_of_different_sizes_are_brought_to_the_first(tmp_path: Path) -> None:
    for number, side in enumerate((32, 48)):
        Image.fromarray(quadrants(side, side)).save(tmp_path / f"{number}.png")
    frames = read_clip(tmp_path, frame_rate=25, size=None).frames
    assert frames.shape == (2, 32, 32, 3)
    assert np.abs(frames[1].astype(int) - quadrants(32, 32)).mean() < 12


def test_chosen_frames(clip: Path) -> None:
    assert numbers(read_frames(clip, [0, 7, 74])) == [0, 7, 74]
    with pytest.raises(UserError, match=r"no frame 75.*sign2gpt check"):
        read_frames(clip, [0, 75])


def test_what_does_not_fit_into_memory_is_refused(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"longer than 2 s"):
        read_clip(clip, frame_rate=25, size=None, max_seconds=2)
    monkeypatch.setattr(decode, "MAX_BYTES", 1 << 16)
    with pytest.raises(UserError, match="smaller size"):
        read_clip(clip, frame_rate=25, size=None)
    assert sum(1 for _ in iter_frames(clip, frame_rate=25, size=None)) == 75


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    write_clip(path, (frame for _ in range(50) for frame in ramp(80, 128, 128)), 25)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in iter_frames(path, frame_rate=25, size=None)) == 4000  # 188 MB of frames
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
