"""Captions of a long video: cut into sentences, each of them translated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2gpt.inference.segments import Segmentation, segments
from sign2gpt.inference.translation import PlacedGloss, Translation
from sign2gpt.inference.trust import Trust
from sign2gpt.video.decode import iter_stretches

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


@dataclass(frozen=True)
class Caption:
    """A sentence of a video from ``start_s`` to ``end_s`` seconds of the player's clock, as its pseudo-glosses.

    ``pseudo_glosses`` is None where the run has no head, ``trust`` where it was not calibrated.
    """

    start_s: float
    end_s: float
    text: str
    log_probability: float
    pseudo_glosses: list[PlacedGloss] | None = None
    trust: Trust | None = None

    @classmethod
    def of(cls, found: Translation, start_s: float, end_s: float) -> Caption:
        """A translation of the frames between these times."""
        placed = found.later(start_s)
        times = round(start_s, 3), round(end_s, 3)
        return cls(*times, found.text, found.log_probability, placed.pseudo_glosses, found.trust)

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
    cuts = segmentation or usual_segmentation(translator)
    for begin_s, frames in iter_stretches(Path(video), frame_rate=rate, size=translator.stored_size):
        for segment in segments(frames, rate, cuts):
            found = translator.translate(segment.frames, **decoding)
            yield Caption.of(found, begin_s + segment.start_s, begin_s + segment.end_s)
