"""Captions of a long video: cut into sentences, each of them translated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sign2gpt.inference.segments import Segmentation, segments
from sign2gpt.inference.translation import FORMAT, Alternative, PlacedGloss
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
    alternatives: list[Alternative] = field(default_factory=list)
    score: float = field(kw_only=True)

    def to_json(self) -> dict[str, Any]:
        """The caption as plain containers."""
        return asdict(self)


def captions_document(video: str | Path, captions: Sequence[Caption]) -> dict[str, Any]:
    """All captions of a video as plain containers."""
    return {"format": FORMAT, "video": str(video), "captions": [caption.to_json() for caption in captions]}


def usual_segmentation(translator: Translator) -> Segmentation:
    """Sentences at most as long as those whose every frame the run was trained on."""
    frames = translator.frames
    longest_s = frames.max_frames * frames.stride / translator.frame_rate
    return Segmentation(longest_s=min(longest_s, translator.longest_s))


def caption_video(
    translator: Translator, video: str | Path, segmentation: Segmentation | None = None, **decoding: Any
) -> Iterator[Caption]:
    """Yields the captions of a video in order; memory does not grow with its length.

    Sentences are translated in groups (`together`): alone each would take more than twice the time. The first ones are
    small, so that the first caption comes early.

    Args:
        segmentation: how it is cut into sentences; none: `usual_segmentation` of the run.
        decoding: as in `Translator.translate`.

    Raises:
        UserError: the video cannot be read (captions before that place have been yielded), or the run is a
            pretraining's.
    """
    translator.decoder()
    rate = translator.frame_rate
    frames = iter_frames(Path(video), frame_rate=rate, size=translator.stored_size)
    spans = deque[tuple[float, float]]()

    def clips() -> Iterator[np.ndarray]:
        for segment in segments(frames, rate, segmentation or usual_segmentation(translator)):
            spans.append((segment.start_s, segment.end_s))
            yield segment.frames

    for found in translator.translate_each(clips(), first=1, **decoding):
        start_s, end_s = spans.popleft()
        glosses = found.pseudo_glosses and [_later(gloss, start_s) for gloss in found.pseudo_glosses]
        told = found.log_probability, glosses, found.trust, found.alternatives
        yield Caption(round(start_s, 3), round(end_s, 3), found.text, *told, score=found.score)


def _later(gloss: PlacedGloss, seconds: float) -> PlacedGloss:
    return replace(gloss, start_s=round(gloss.start_s + seconds, 3), end_s=round(gloss.end_s + seconds, 3))
