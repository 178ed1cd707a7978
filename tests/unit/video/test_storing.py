"""What is stored in one conversion has the colours of its source, whatever the source is stored as."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from pictures import quadrants
from PIL import Image

from sign2gpt.data.importers.image_folders import read_images
from sign2gpt.video.decode import frames_to_store, iter_frames, read_clip
from sign2gpt.video.encode import write_clip
from sign2gpt.video.geometry import Frame

PATCHES = [(220, 180, 160), (30, 60, 200), (200, 40, 40), (40, 180, 60), (250, 250, 250), (128, 128, 128), (8, 8, 8)]


def patches(shift: int = 0) -> np.ndarray:
    """Stripes of skin, clothes and grey, 32 pixels each."""
    return np.repeat(np.array(np.roll(PATCHES, shift, axis=0), np.uint8)[None], 64, 0).repeat(32, 1)


def stored(path: Path, frames: Iterator[Frame]) -> np.ndarray:
    kinds = set()

    def seen() -> Iterator[Frame]:
        for frame in frames:
            kinds.add(type(frame))
            yield frame

    write_clip(path, seen(), 25, crf=4)
    assert kinds == {VideoFrame}
    return read_clip(path, frame_rate=25, size=None).frames.astype(int)


def inside(frames: np.ndarray) -> np.ndarray:
    """The middles of the stripes, where a neighbour's colour does not reach: (T, 7, 3)."""
    step = frames.shape[2] // len(PATCHES)
    return frames[:, 32:48, step // 2 :: step].mean(1)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_images_keep_their_colours(tmp_path: Path, suffix: str) -> None:
    paths = [tmp_path / f"{number}{suffix}" for number in range(3)]
    for number, path in enumerate(paths):
        Image.fromarray(patches(number)).save(path, quality=98, subsampling=0)
    found = inside(stored(tmp_path / "out.mp4", read_images(paths, size=112, fit="stretch")))
    wanted = np.stack([np.roll(PATCHES, number, axis=0) for number in range(3)])
    assert np.abs(found - wanted).max() <= 4
    assert np.abs((found - wanted).mean((0, 1))).max() < 2, "no shift of any channel"


@pytest.mark.parametrize("matrix", [Colorspace.ITU601, Colorspace.ITU709])
@pytest.mark.parametrize("span", [ColorRange.MPEG, ColorRange.JPEG])
def test_videos_keep_their_colours(tmp_path: Path, matrix: Colorspace, span: ColorRange) -> None:
    path = tmp_path / "source.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.height, stream.width, stream.pix_fmt = 64, 224, "yuv420p"
        stream.codec_context.colorspace = {Colorspace.ITU601: 6, Colorspace.ITU709: 1}[matrix]
        stream.codec_context.color_range = int(span)
        for number in range(3):
            picture = av.VideoFrame.from_ndarray(patches(number))
            picture.pts, picture.time_base = number, Fraction(1, 25)
            yuv = picture.reformat(format="yuv420p", dst_colorspace=matrix, dst_color_range=span)
            container.mux(stream.encode(yuv))
        container.mux(stream.encode(None))
    seen = inside(np.stack(list(iter_frames(path, frame_rate=25, size=112))).astype(int))
    wanted = np.stack([np.roll(PATCHES, number, axis=0) for number in range(3)])
    assert np.abs(seen - wanted).max() <= 6, "the source is read right"
    found = inside(stored(tmp_path / "out.mp4", frames_to_store(path, frame_rate=25, size=112)))
    assert np.abs(found - wanted).max() <= 6


def test_an_image_forces_no_key_frame(tmp_path: Path) -> None:
    held = io.BytesIO()
    Image.fromarray(quadrants()).save(held, "png")
    paths = [tmp_path / f"{number}.png" for number in range(20)]
    for path in paths:
        path.write_bytes(held.getvalue())
    write_clip(tmp_path / "out.mp4", read_images(paths, size=64, fit="stretch"), 25)
    with av.open(str(tmp_path / "out.mp4")) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert keys == [True] + [False] * 19
    assert len(read_clip(tmp_path / "out.mp4", frame_rate=25, size=None).frames) == 20


@pytest.mark.parametrize(("size", "fit"), [(33, "stretch"), (32, "pad"), (32, "crop")])
def test_what_takes_more_than_scaling_goes_by_rgb(tmp_path: Path, size: int, fit: str) -> None:
    write_clip(tmp_path / "source.mp4", [quadrants()] * 3, 25)
    how = {"frame_rate": 25, "size": size, "fit": fit}
    for frame, other in zip(
        frames_to_store(tmp_path / "source.mp4", **how), iter_frames(tmp_path / "source.mp4", **how), strict=True
    ):
        np.testing.assert_array_equal(frame, other)
