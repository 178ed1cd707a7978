"""Captions of a long video: cut into sentences, each of them translated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2gpt.inference.segments import Segmentation
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.inference.trust import Trust

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
    raise NotImplementedError
