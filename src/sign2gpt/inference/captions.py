"""Captions of a long video: cut into sentences, each of them translated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.inference.segments import Segment, Segmentation, segments
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.inference.trust import Trust
from sign2gpt.video.decode import iter_frames

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


@dataclass(frozen=True)
class Caption:
    """A sentence of a video from ``start_s`` to ``end_s`` seconds; its pseudo-glosses count from the video's start.

    ``pseudo_glosses`` is None where the run has no head, ``trust`` where it was not calibrated.
    """

    start_s: float
    end_s: float
    text: str
    log_probability: float
    pseudo_glosses: list[PlacedGloss] | None = None
    trust: Trust | None = None

    def to_json(self) -> dict[str, Any]:
        """The caption as plain containers."""
        return asdict(self)


def usual_segmentation(translator: Translator) -> Segmentation:
    """Sentences at most as long as those whose every frame the run was trained on."""
    frames = translator.frames
    longest_s = frames.max_frames * frames.stride / translator.frame_rate
    return Segmentation(longest_s=min(longest_s, translator.longest_s))


def caption_video(
    translator: Translator, video: str | Path, segmentation: Segmentation | None = None, **decoding: Any
) -> Iterator[Caption]:
    """Yields the captions of a video as they are found; memory does not grow with its length.

    Of a damaged video the captions before the damage are yielded, then the error is raised.

    Args:
        segmentation: how it is cut into sentences. None: as `usual_segmentation`, but a short video is one sentence
            (`is_one_sentence`).
        decoding: as in `Translator.translate`.

    Raises:
        UserError: the video cannot be read, or the run is a pretraining's.
    """
    translator.decoder()
    rate = translator.frame_rate
    frames = _Readable(iter_frames(Path(video), frame_rate=rate, size=translator.stored_size))
    usual = usual_segmentation(translator)
    pieces = _sentences(frames, rate, usual) if segmentation is None else segments(frames, rate, segmentation)
    for segment in pieces:
        found = translator.translate(segment.frames, **decoding)
        glosses = found.pseudo_glosses and [_later(gloss, segment.start_s) for gloss in found.pseudo_glosses]
        start_s, end_s = round(segment.start_s, 3), round(segment.end_s, 3)
        yield Caption(start_s, end_s, found.text, found.log_probability, glosses, found.trust)
    if frames.damage is not None:
        raise frames.damage


def is_one_sentence(translator: Translator, seconds: float) -> bool:
    """Whether a video of so many seconds is one sentence: at most half as long as the longest.

    Rests are told from held signs by what is usual in a video, which shows over several sentences, not in one.
    """
    return seconds <= usual_segmentation(translator).longest_s / 2


def _sentences(frames: Iterable[np.ndarray], rate: float, usual: Segmentation) -> Iterator[Segment]:
    """A short video as one sentence, unless nothing in it moves; a longer one as `segments` cuts it."""
    coming, short = iter(frames), int(usual.longest_s / 2 * rate)
    held = list(islice(coming, short + 1))
    pieces = segments(chain(held, coming), rate, usual)
    if len(held) > short:
        yield from pieces
    elif any(True for _ in pieces):
        yield Segment(0.0, len(held) / rate, np.stack(held))


class _Readable:
    """Frames that end where they cannot be read any further; ``damage`` is why."""

    def __init__(self, frames: Iterable[np.ndarray]) -> None:
        self._frames = frames
        self.damage: UserError | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        try:
            yield from self._frames
        except UserError as error:
            self.damage = error


def _later(gloss: PlacedGloss, seconds: float) -> PlacedGloss:
    return replace(gloss, start_s=round(gloss.start_s + seconds, 3), end_s=round(gloss.end_s + seconds, 3))
