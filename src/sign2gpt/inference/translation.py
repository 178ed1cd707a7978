"""What comes out of a clip: the sentence, its pseudo-glosses in time, and how long it took."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from sign2gpt.inference.trust import Trust

FORMAT = 1
"""Version of the JSON form, which `documents` describes."""


@dataclass(frozen=True)
class PlacedGloss:
    """A pseudo-gloss found in a clip: from ``start_s`` to ``end_s`` seconds, with its presence in 0..1."""

    gloss: str
    start_s: float
    end_s: float
    score: float

    def later(self, seconds: float) -> PlacedGloss:
        """The same, so many seconds later."""
        return replace(self, start_s=round(self.start_s + seconds, 3), end_s=round(self.end_s + seconds, 3))


@dataclass(frozen=True)
class Alternative:
    """Another beam's sentence, with the sum of its tokens' log-probabilities and its score (see `Translation`)."""

    text: str
    log_probability: float
    score: float


@dataclass(frozen=True)
class Translation:
    """One clip's sentence.

    ``log_probability`` is the sum over the sentence's tokens. ``score`` is what the search ranks sentences by: the sum
    divided by the sentence's length, as the decoding's keys say. ``alternatives`` are the other beams, best first.
    ``pseudo_glosses`` is None where the run has no pretraining head; ``trust`` states whether the run was calibrated,
    whether there is a doubt, and why.
    """

    id: str
    text: str
    log_probability: float
    alternatives: list[Alternative] = field(default_factory=list)
    pseudo_glosses: list[PlacedGloss] | None = None
    timings: dict[str, float] = field(default_factory=dict)
    trust: Trust | None = None
    score: float = field(kw_only=True)

    def later(self, seconds: float) -> Self:
        """The same, with pseudo-glosses so many seconds later: of a clip that starts then."""
        placed = None if self.pseudo_glosses is None else [gloss.later(seconds) for gloss in self.pseudo_glosses]
        return replace(self, pseudo_glosses=placed)

    def to_json(self) -> dict[str, Any]:
        """The translation as plain containers, seconds rounded to milliseconds."""
        timings = {name: round(seconds, 3) for name, seconds in self.timings.items()}
        return {"format": FORMAT, **asdict(self), "timings": timings}


@dataclass(frozen=True)
class StreamedTranslation(Translation):
    """What a stream of frames says so far: ``seen_s`` seconds of it; the ``final`` one is the whole clip's."""

    seen_s: float = 0.0
    final: bool = False
