"""The sound of a video for another file of the same pictures: packets are copied, not decoded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from sign2gpt.common.progress import say
from sign2gpt.video.clock import zero_of
from sign2gpt.video.container import VideoFile, opened, shown_stream

CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp2", "mp3", "opus"})
"""Codecs that MP4 may contain and players play."""


class Sound:
    """The sound that players choose; its time 0 is ``begins_s`` of the file's own clock."""

    def __init__(self, container: InputContainer, stream: AudioStream, begins_s: float) -> None:
        self._stream = stream
        self._packets = _shifted(container, stream, begins_s)
        self._next = next(self._packets, None)

    def join(self, container: OutputContainer) -> None:
        """Adds a stream for this to a file that is being written."""
        self._joined = container.add_stream_from_template(self._stream)

    def until(self, time_s: float) -> Iterator[Packet]:
        """The packets that begin before ``time_s`` and were not returned before."""
        while self._next is not None and self._next[0] < time_s:
            packet = self._next[1]
            packet.stream = self._joined
            yield packet
            self._next = next(self._packets, None)


@contextmanager
def sound_of(video: VideoFile, from_s: float) -> Generator[Sound | None]:
    """The sound of a video during the block; None without sound, or with a codec outside `CODECS`, which is reported.

    Args:
        from_s: time 0 of the sound, in seconds of the player's clock; negative: it starts later.

    Raises:
        UserError: the video cannot be read.
    """
    if isinstance(video, Path) and video.is_dir():
        yield None
        return
    with opened(video) as (container, _):
        stream = shown_stream(container.streams.audio)
        codec = stream and stream.codec_context and stream.codec_context.codec.canonical_name
        if stream is None or codec in CODECS:
            yield stream and Sound(container, stream, zero_of(container) + from_s)
        else:
            say(f"{video}: its sound ({codec or 'unknown'}) is left out, because MP4 does not support it")
            yield None


def _shifted(container: InputContainer, stream: AudioStream, begins_s: float) -> Iterator[tuple[float, Packet]]:
    """Times and packets from ``begins_s`` on, and the one that ends there, because decoders start from it."""
    last = None
    for packet in container.demux(stream):
        if packet.pts is None or packet.dts is None:
            continue
        shift = round(begins_s / packet.time_base)
        start, packet.dts = packet.pts - shift, packet.dts - shift
        packet.pts = start
        if start + (packet.duration or 0) >= 0 and (last is None or packet.dts > last):
            last = packet.dts
            yield float(start * packet.time_base), packet
