"""What is no video, or no whole one, is told in one line."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from pictures import counted, quadrants
from PIL import Image

from sign2gpt.common.errors import UserError
from sign2gpt.video.decode import held_seconds, probe, read_clip
from sign2gpt.video.encode import write_clip


def test_a_giant_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "giant.gif"
    Image.fromarray(quadrants()).save(path)
    data = bytearray(path.read_bytes())
    data[6:10] = np.array([12000, 12000], "<u2").tobytes()
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"giant\.gif: 12000x12000 is over"):
        probe(path)


def text(path: Path, clip: Path) -> None:
    path.write_text("no video " * 500)


def empty(path: Path, clip: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path, clip: Path) -> None:
    path.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])


def absent(path: Path, clip: Path) -> None:
    path.unlink(missing_ok=True)


def playlist(path: Path, clip: Path) -> None:
    path.write_text(f"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:3,\n{clip}\n#EXT-X-ENDLIST\n")


def sound(path: Path, clip: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def no_frames(path: Path, clip: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        container.start_encoding()


@pytest.mark.parametrize("damage", [text, empty, cut, absent, playlist, sound, no_frames])
@pytest.mark.parametrize("suffix", [".mp4", ".txt"])
def test_what_is_no_video_is_told_in_one_line(
    clip: Path, tmp_path: Path, damage: Callable[[Path, Path], None], suffix: str
) -> None:
    path = tmp_path / f"bad{suffix}"
    damage(path, clip)
    for read in (probe, lambda path: read_clip(path, frame_rate=25, size=32)):
        with pytest.raises(UserError, match=r"bad\.") as caught:
            read(path)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_cut_video_is_refused_where_it_ends(tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.mkv"
    noise = np.random.default_rng(0).integers(0, 255, (100, 64, 64, 3), np.uint8)
    write_clip(path, noise, 25)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(UserError, match=r"cut\.mkv: (ends|damaged) at \d\.\d\d s"):
        read_clip(path, frame_rate=25, size=None)
    assert len(read_clip(path, frame_rate=25, size=None, end_s=1.0).frames) == 25


def test_damage_inside_is_told_with_its_time_and_without_noise(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    noise = np.random.default_rng(0).integers(0, 255, (50, 64, 64, 3), np.uint8)
    write_clip(path, noise, 25)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    path.write_bytes(data)
    code = (
        "import sys; from pathlib import Path; from sign2gpt.common.errors import UserError\n"
        "from sign2gpt.video.decode import read_clip\n"
        "try: read_clip(Path(sys.argv[1]), frame_rate=25, size=None)\n"
        "except UserError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert re.search(r"damaged at (0\.9|1\.0)\d s", done.stdout)
    assert done.stderr == ""


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    Image.fromarray(quadrants()).save(tmp_path / "1.png")
    (tmp_path / "2.png").write_text("no image")
    with pytest.raises(UserError, match=r"2\.png"):
        read_clip(tmp_path, frame_rate=25, size=32)
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    with pytest.raises(UserError, match="no images"):
        probe(tmp_path)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.ts"])
def test_the_seconds_that_a_file_holds(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_clip(path, counted(200), 25)
    assert held_seconds(path) == pytest.approx(8.0, abs=0.05)
    if name != "clip.mp4":  # its index stands at its end, so that nothing of a cut one can be read
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert 2 < held_seconds(path) < 6
