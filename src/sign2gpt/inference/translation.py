"""What comes out of a clip: the sentence, its pseudo-glosses in time, and how long it took."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sign2gpt.inference.trust import Trust


@dataclass(frozen=True)
class PlacedGloss:
    """A pseudo-gloss found in a clip: from ``start_s`` to ``end_s`` seconds, with its presence in 0..1."""

    gloss: str
    start_s: float
    end_s: float
    score: float


@dataclass(frozen=True)
class Translation:
    """One clip's sentence.

    ``log_probability`` is the sum over the sentence's tokens, ``alternatives`` are the other beams, best first.
    ``pseudo_glosses`` is None where the run has no pretraining head; ``trust`` says whether the run was calibrated,
    whether there is a doubt, and why.
    """

    id: str
    text: str
    log_probability: float
    alternatives: list[tuple[str, float]] = field(default_factory=list)
    pseudo_glosses: list[PlacedGloss] | None = None
    timings: dict[str, float] = field(default_factory=dict)
    trust: Trust | None = None

    def to_json(self) -> dict[str, Any]:
        """The translation as plain containers, seconds rounded to milliseconds."""
        document = asdict(self)
        document["alternatives"] = [{"text": text, "log_probability": value} for text, value in self.alternatives]
        document["timings"] = {name: round(seconds, 3) for name, seconds in self.timings.items()}
        return document


@dataclass(frozen=True)
class StreamedTranslation(Translation):
    """What a stream of frames says so far: ``seen_s`` seconds of it; the ``final`` one is the whole clip's."""

    seen_s: float = 0.0
    final: bool = False
