"""Captions of a long video: cut into sentences, each of them translated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.inference.decoding import DecodingKeys
from sign2gpt.inference.segments import Segmentation, segments
from sign2gpt.inference.sources import Video, source_of
from sign2gpt.inference.translation import FORMAT, Alternative, PlacedGloss
from sign2gpt.inference.trust import Trust
from sign2gpt.video.container import VideoFile
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
    alternatives: list[Alternative] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The caption as plain containers."""
        return asdict(self)


def captions_document(video: str | VideoFile, captions: Sequence[Caption]) -> dict[str, Any]:
    """All captions of a video as plain containers."""
    return {"format": FORMAT, "video": str(video), "captions": [caption.to_json() for caption in captions]}


def usual_segmentation(translator: Translator) -> Segmentation:
    """Sentences at most as long as those whose every frame the run was trained on."""
    frames = translator.frames
    longest_s = frames.max_frames * frames.stride / translator.frame_rate
    return Segmentation(longest_s=min(longest_s, translator.longest_s))


def caption_video(
    translator: Translator, video: Video, segmentation: Segmentation | None = None, **decoding: Unpack[DecodingKeys]
) -> Iterator[Caption]:
    """Yields the captions of a video as they are found; memory does not grow with its length.

    Args:
        video: as in `Translator.translate`, but no frames.
        segmentation: how it is cut into sentences; none: `usual_segmentation` of the run.
        decoding: as in `Translator.translate`.

    Raises:
        UserError: the video cannot be read, or the run is a pretraining's.
    """
    translator.decoder()
    rate, source = translator.frame_rate, source_of(video)
    if isinstance(source, np.ndarray):
        raise UserError("captions are made of a video file, not of frames; cut them, and give each clip to `translate`")
    frames = iter_frames(source, frame_rate=rate, size=translator.stored_size)
    for segment in segments(frames, rate, segmentation or usual_segmentation(translator)):
        found = translator.translate(segment.frames, **decoding)
        glosses = found.pseudo_glosses and [_later(gloss, segment.start_s) for gloss in found.pseudo_glosses]
        start_s, end_s = round(segment.start_s, 3), round(segment.end_s, 3)
        yield Caption(start_s, end_s, found.text, found.log_probability, glosses, found.trust, found.alternatives)


def _later(gloss: PlacedGloss, seconds: float) -> PlacedGloss:
    return replace(gloss, start_s=round(gloss.start_s + seconds, 3), end_s=round(gloss.end_s + seconds, 3))
