"""The clock of a video as players show it, and its frame rate: time 0 is the start of its first picture or sound."""

from __future__ import annotations

import math
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

IMAGE_RATE = 25.0
"""Images per second in a folder of images, unless another rate is given (PHOENIX14T's)."""
COMMON_RATES = (10.0, 12.0, 12.5, 15.0, 20.0, 24.0, 25.0, 30.0, 50.0, 60.0)
"""Rates of cameras in browsers. Times in milliseconds cannot tell 29.97 from 30."""
MATROSKA = "matroska,webm"
NEAR = 0.02
"""A measured rate this near to a common one, as a share of it, is taken for the common one."""
PACKETS = 500
"""Packets that a rate is measured from."""


class Span(NamedTuple):
    """When the picture of a packet is shown, in seconds of the file's own clock; ``duration_s`` is 0 if not given."""

    start_s: float
    duration_s: float


def zero_of(container: InputContainer) -> float:
    """Where players show 0, in seconds of the file's own clock: the earliest start of its pictures and sounds."""
    shown = [s for s in (*container.streams.video, *container.streams.audio) if not is_attached(s.disposition)]
    starts = [float(s.start_time * s.time_base) for s in shown if s.start_time is not None and s.time_base is not None]
    return min(starts, default=0.0)


def is_attached(disposition: Disposition | int) -> bool:
    """Whether a stream is an attached picture, such as cover art, and no video."""
    return bool(disposition & Disposition.attached_pic)


def declared_end(container: InputContainer, stream: VideoStream) -> float | None:
    """The end of the video in its header, in seconds of the player's clock; None if the header has none."""
    zero = zero_of(container)
    if stream.duration is not None and stream.time_base is not None:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base) - zero
    alone = sum(not is_attached(other.disposition) for other in container.streams) == 1
    if container.duration is not None and alone:
        before = max(zero, 0.0) if container.format.name == MATROSKA else 0.0  # others count from the first picture
        return container.duration / av.time_base - before
    return None


def spans(container: InputContainer, stream: VideoStream, most: int | None = None) -> list[Span]:
    """Spans of the complete packets, all or the first ``most``; nothing is decoded. Raw streams have no times."""
    base, found = float(stream.time_base or 0), list[Span]()
    for packet in container.demux(stream):
        if packet.size and not packet.is_corrupt and packet.pts is not None:
            found.append(Span(packet.pts * base, (packet.duration or 0) * base))
            if len(found) == most:
                break
    return found


def rate_of(stream: VideoStream, found: list[Span]) -> float:
    """Frames per second: from the header, or without one there from the times in ``found``."""
    guessed, average = float(stream.guessed_rate or 0), float(stream.average_rate or 0)
    # Matroska that declares no rate has no durations either: FFmpeg invents some once it has guessed a rate
    declared = not found or found[0].duration_s > 0 or stream.container.format.name != MATROSKA
    if declared and average and abs(guessed / average - 1) <= 0.1:
        return guessed
    return _measured([span.start_s for span in found]) or guessed or average or IMAGE_RATE


def end_of(stream: VideoStream, found: list[Span]) -> float:
    """The end of the last picture, in seconds of the file's own clock; infinite if there are no times."""
    step = 1 / rate_of(stream, found[:PACKETS])
    return max((span.start_s + max(span.duration_s, step) for span in found), default=math.inf)


def _measured(times_s: list[float]) -> float | None:
    """The rate of pictures shown at these times, from the mean interval without gaps; None for a single time."""
    steps = np.diff(np.unique(times_s))
    if not len(steps):
        return None
    usual = float(np.median(steps))
    rate = 1 / float(steps[(steps > usual / 2) & (steps < usual * 1.5)].mean())
    nearest = min(COMMON_RATES, key=lambda common: abs(common - rate))
    return nearest if abs(rate / nearest - 1) <= NEAR else rate
