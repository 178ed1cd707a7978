"""Video files as cameras, phones and browsers write them: with clocks, shapes and tracks of their own."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

DEFAULT_DURATION = b"\x23\xe3\x83"
"""Matroska's element that tells the rate."""


def record(
    path: Path,
    frames: Sequence[np.ndarray] | np.ndarray,
    times_s: Sequence[float] | np.ndarray,
    *,
    codec: str = "libx264",
    pixel: Fraction = Fraction(1),
    turned: tuple[float, bool, bool] | None = None,
    sound_s: tuple[float, float] | None = None,
    live: bool = False,
) -> Path:
    """Writes frames that are shown from given times on, to the millisecond.

    Args:
        pixel: width over height.
        turned: degrees counter-clockwise, and whether mirrored and upside down, of the display matrix.
        sound_s: start and end of a silent track of sound.
        live: as a stream of unknown length; with no rate either, as browsers write.
    """
    options = {"max_interleave_delta": "0"} | ({"live": "1"} if live else {})
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=max(1, round(1 / float(np.median(np.diff(times_s))))))
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, 1000)
        stream.codec_context.sample_aspect_ratio, stream.codec_context.bit_rate = pixel, 4_000_000
        if codec == "libx264":
            stream.codec_context.options = {"preset": "ultrafast", "crf": "18"}
        if turned is not None:
            stream.set_display_rotation(*turned)
        if sound_s is not None:
            audio = container.add_stream("aac" if codec == "libx264" else "libopus", rate=48_000, layout="mono")
        for frame, time_s in zip(frames, times_s, strict=True):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame))
            picture.pts, picture.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        if sound_s is not None:
            _silence(container, audio, *sound_s)
    return path


def browser_recording(
    path: Path, frames: Sequence[np.ndarray] | np.ndarray, times_s: Sequence[float] | np.ndarray
) -> Path:
    """WebM as MediaRecorder writes it: no duration, no rate, times in milliseconds as the pictures came."""
    record(path, frames, times_s, codec="libvpx", live=True)
    data = path.read_bytes()
    place = data.index(DEFAULT_DURATION)
    length = len(DEFAULT_DURATION) + 1 + (data[place + len(DEFAULT_DURATION)] & 0x7F)
    void = bytes([0xEC, 0x80 | (length - 2)]) + bytes(length - 2)
    path.write_bytes(data[:place] + void + data[place + length :])
    return path


def two_tracks(path: Path, tracks: Sequence[tuple[np.ndarray, int]]) -> Path:
    """A file of several videos, a second of one frame each, with their dispositions."""
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in tracks]
        for stream, (frame, disposition) in zip(streams, tracks, strict=True):
            stream.height, stream.width, stream.pix_fmt = *frame.shape[:2], "yuv420p"
            stream.disposition = Disposition(disposition)
        for stream, (frame, _) in zip(streams, tracks, strict=True):
            for _ in range(25):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
            container.mux(stream.encode(None))
    return path


def joined(path: Path, parts: Sequence[Path]) -> Path:
    """Matroska of the pictures of several files one after the other, whatever their sizes, as calls have them."""
    with av.open(str(path), "w") as container:
        stream, start = None, 0
        for part in parts:
            with av.open(str(part)) as source:
                stream = stream or container.add_stream_from_template(source.streams.video[0])
                for packet in source.demux(video=0):
                    if packet.pts is not None and packet.dts is not None:
                        end = packet.pts + (packet.duration or 0)
                        packet.pts, packet.dts, packet.stream = packet.pts + start, packet.dts + start, stream
                        container.mux(packet)
                start += end
    return path


def _silence(container: OutputContainer, audio: av.AudioStream, start_s: float, end_s: float) -> None:
    sounded = av.AudioFrame.from_ndarray(np.zeros((1, round((end_s - start_s) * 48_000)), np.float32), "fltp", "mono")
    sounded.sample_rate, sounded.pts = 48_000, round(start_s * 48_000)
    resampler = av.AudioResampler(audio.format.name, "mono", 48_000, audio.frame_size or 960)
    for part in [*resampler.resample(sounded), *resampler.resample(None)]:
        container.mux(audio.encode(part))
    container.mux(audio.encode(None))
