"""Captions of a long video: it is cut into sentences, and each is translated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.inference.captions.segments import Segment, Segmentation, segments
from sign2gpt.inference.decoding import DecodingKeys
from sign2gpt.inference.sources import Video, source_of
from sign2gpt.inference.translation import FORMAT, Alternative, PlacedGloss, Translation
from sign2gpt.inference.trust import Trust
from sign2gpt.video.container import VideoFile
from sign2gpt.video.decode import iter_stretches

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


@dataclass(frozen=True)
class Caption:
    """A sentence of a video, from ``start_s`` to ``end_s``; all times are seconds of the player's clock.

    ``pseudo_glosses`` is None if the run has no pretraining head.
    """

    start_s: float
    end_s: float
    text: str
    log_probability: float
    pseudo_glosses: list[PlacedGloss] | None = None
    trust: Trust | None = None
    alternatives: list[Alternative] = field(default_factory=list)
    score: float = field(kw_only=True)

    @classmethod
    def of(cls, found: Translation, start_s: float, end_s: float) -> Caption:
        """A translation of the frames between these times."""
        placed = found.later(start_s)
        times = round(start_s, 3), round(end_s, 3)
        details = found.log_probability, placed.pseudo_glosses, found.trust, found.alternatives
        return cls(*times, found.text, *details, score=found.score)

    def to_json(self) -> dict[str, Any]:
        """The caption as plain containers."""
        return asdict(self)


def captions_document(
    video: str | VideoFile, captions: Sequence[Caption], until_s: float | None = None
) -> dict[str, Any]:
    """All captions of a video as plain containers; ``until_s`` is None if they cover the whole video."""
    found = [caption.to_json() for caption in captions]
    return {"format": FORMAT, "video": str(video), "until_s": until_s, "captions": found}


def usual_segmentation(translator: Translator) -> Segmentation:
    """Sentences at most as long as the longest that the run was trained on without skipping frames."""
    frames = translator.clips.frames
    longest_s = frames.max_frames * frames.stride / translator.frame_rate
    return Segmentation(longest_s=min(longest_s, translator.longest_s))


def caption_video(
    translator: Translator, video: Video, segmentation: Segmentation | None = None, **decoding: Unpack[DecodingKeys]
) -> Iterator[Caption]:
    """Yields the captions of a video in order; memory does not grow with its length.

    Sentences are translated in groups (`together`), which takes less than half the time of one by one. The first groups
    are small, so that the first caption comes early.

    Args:
        video: as in `Translator.translate`, except frames.
        segmentation: how it is cut into sentences. [default: `usual_segmentation`, and a short video is one sentence
            (`is_one_sentence`)]
        decoding: as in `Translator.translate`.

    Raises:
        UserError: the run is a pretraining run, or the video cannot be read; the captions before the damage are
            yielded first.
    """
    translator.require("translate")
    rate, source = translator.frame_rate, source_of(video)
    if isinstance(source, np.ndarray):
        raise UserError("captions need a video file, not frames; cut them into clips, and call `translate` for each")
    usual, spans = usual_segmentation(translator), deque[tuple[float, float]]()

    def clips() -> Iterator[np.ndarray]:
        for begin_s, frames in iter_stretches(source, frame_rate=rate, size=translator.stored_size):
            readable = _UntilDamage(frames)
            cut = _sentences(readable, rate, usual) if segmentation is None else segments(readable, rate, segmentation)
            for segment in cut:
                spans.append((begin_s + segment.start_s, begin_s + segment.end_s))
                yield segment.frames
            if readable.damage is not None:
                raise readable.damage

    for found in translator.translate_each(clips(), first=1, **decoding):
        yield Caption.of(found, *spans.popleft())


def is_one_sentence(translator: Translator, seconds: float) -> bool:
    """Whether a video of so many seconds counts as one sentence: at most half as long as the longest.

    Rests are distinguished from held signs by what is usual in a video, which takes several sentences to see.
    """
    return seconds <= usual_segmentation(translator).longest_s / 2


def _sentences(frames: Iterable[np.ndarray], rate: float, usual: Segmentation) -> Iterator[Segment]:
    """A short video as one sentence, unless nothing in it moves; a longer one as `segments` cuts it."""
    remaining, short = iter(frames), int(usual.longest_s / 2 * rate)
    first = list(islice(remaining, short + 1))
    pieces = segments(chain(first, remaining), rate, usual)
    if len(first) > short:
        yield from pieces
    elif any(True for _ in pieces):
        yield Segment(0.0, len(first) / rate, np.stack(first))


class _UntilDamage:
    """Frames up to the first that cannot be read; ``damage`` is the error there."""

    def __init__(self, frames: Iterable[np.ndarray]) -> None:
        self._frames = frames
        self.damage: UserError | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        try:
            yield from self._frames
        except UserError as error:
            self.damage = error
