"""Captions of a long video: cut into sentences, each of them translated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2gpt.inference.segments import Segmentation, segments
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.inference.trust import Trust
from sign2gpt.video.decode import iter_frames

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


@dataclass(frozen=True)
class Caption:
    """A sentence of a video from ``start_s`` to ``end_s`` seconds; its pseudo-glosses count from the video's start.

    ``pseudo_glosses`` is None where the run has no head.
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

    Args:
        segmentation: how it is cut into sentences; none: `usual_segmentation` of the run.
        decoding: as in `Translator.translate`.

    Raises:
        UserError: the video cannot be read, or the run is a pretraining's.
    """
    translator.decoder()
    rate = translator.frame_rate
    frames = iter_frames(Path(video), frame_rate=rate, size=translator.stored_size)
    for segment in segments(frames, rate, segmentation or usual_segmentation(translator)):
        found = translator.translate(segment.frames, **decoding)
        glosses = found.pseudo_glosses and [_later(gloss, segment.start_s) for gloss in found.pseudo_glosses]
        start_s, end_s = round(segment.start_s, 3), round(segment.end_s, 3)
        yield Caption(start_s, end_s, found.text, found.log_probability, glosses, found.trust)


def _later(gloss: PlacedGloss, seconds: float) -> PlacedGloss:
    return replace(gloss, start_s=round(gloss.start_s + seconds, 3), end_s=round(gloss.end_s + seconds, 3))
