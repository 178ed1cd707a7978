"""The sound that goes along with the pictures into another file: all of it, in step, nothing decoded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from sign2gpt.video.decode import probe
from sign2gpt.video.subtitles import burn_in

RATE, SAMPLES, SECONDS, TURN_S = 25, 48_000, 3.0, 1.0
"""A film is dark and silent until it turns, then bright and loud."""


def film(path: Path, codec: str, late_s: float = 0.0) -> Path:
    """A film whose sound begins ``late_s`` after the pictures, or before them."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE, options={"bf": "2"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = container.add_stream(codec, rate=SAMPLES, layout="mono")
        assert isinstance(video, VideoStream)
        assert isinstance(audio, AudioStream)
        start_s = max(0.0, -late_s)
        for number in range(round(SECONDS * RATE)):
            light = 255 * (number / RATE >= TURN_S)
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), light, np.uint8))
            picture.pts, picture.time_base = number + round(start_s * RATE), Fraction(1, RATE)
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        time_s = np.arange(-start_s if late_s < 0 else late_s, SECONDS, 1 / SAMPLES)
        wave = np.sin(880 * np.pi * time_s) * (time_s >= TURN_S) * 0.5
        sounded = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], "fltp", "mono")
        sounded.sample_rate, sounded.pts = SAMPLES, round(max(0.0, late_s) * SAMPLES)
        resampler = av.AudioResampler(audio.format.name, "mono", SAMPLES, audio.frame_size or 1024)
        for part in [*resampler.resample(sounded), *resampler.resample(None)]:
            container.mux(audio.encode(part))
        container.mux(audio.encode(None))
    return path


def turns(path: Path) -> tuple[float, float, float]:
    """When the pictures turn and when the sound does, and when the sound ends, in seconds of the file's clock."""
    bright = loud = end = None
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            if bright is None and frame.to_ndarray(format="gray").mean() > 128:
                bright = frame.time
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[0]):
            wave = np.abs(frame.to_ndarray().astype(np.float64)).reshape(-1)
            if loud is None and wave.max() > 0.1 * (2**15 if frame.format.name.startswith("s16") else 1):
                loud = (frame.time or 0.0) + int((wave > wave.max() / 4).argmax()) / frame.sample_rate
            end = (frame.time or 0.0) + frame.samples / frame.sample_rate
    assert bright is not None
    assert loud is not None
    assert end is not None
    return bright, loud, end


@pytest.mark.parametrize(
    ("name", "codec", "late_s"),
    [
        ("film.mp4", "aac", 0.0),
        ("film.mp4", "aac", 0.4),
        ("film.mp4", "aac", -0.4),
        ("film.ts", "aac", 0.0),
        ("film.mkv", "libopus", 0.4),
        ("film.avi", "libmp3lame", 0.0),
    ],
)
def test_sound_comes_along_in_step(tmp_path: Path, name: str, codec: str, late_s: float) -> None:
    source, out = film(tmp_path / name, codec, late_s), tmp_path / "out.mp4"
    assert burn_in(source, out, [(0.0, 1.0, "hallo")]) == SECONDS * RATE
    bright, loud, end = turns(out)
    start_s = max(0.0, -late_s)
    assert bright == pytest.approx(start_s + TURN_S, abs=1e-3)
    assert loud == pytest.approx(bright, abs=1 / RATE)
    assert end == pytest.approx(start_s + SECONDS, abs=2 / RATE)
    assert probe(out).duration_s == pytest.approx(start_s + SECONDS, abs=1 / RATE)


def test_packets_are_those_of_the_source(tmp_path: Path) -> None:
    source, out = film(tmp_path / "film.mp4", "aac"), tmp_path / "out.mp4"
    burn_in(source, out, [])

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(container.streams.audio[0]) if packet.size]

    copied, whole = packets(out), packets(source)
    assert len(copied) > 0.95 * len(whole)
    assert copied == whole[: len(copied)]


def test_sound_that_mp4_does_not_hold_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = film(tmp_path / "film.avi", "pcm_s16le"), tmp_path / "out.mp4"
    burn_in(source, out, [])
    with av.open(str(out)) as container:
        assert not container.streams.audio
    told = " ".join(capsys.readouterr().err.split())
    assert "its sound (pcm_s16le) is left out" in told
