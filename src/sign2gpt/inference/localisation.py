"""Where in a clip each pseudo-gloss is: runs of tokens over a threshold (MODEL.md 4, the paper's Figure 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sign2gpt.inference.translation import PlacedGloss


@dataclass(frozen=True)
class Localisation:
    """Presence of every pseudo-gloss over time.

    presence: (T, V) in 0..1, the product of both softmaxes; a column sums to the clip's presence of that pseudo-gloss.
    seconds_per_token: length of one token; token t spans t to t + 1 of these.
    duration_s: length of the clip.
    resemblance: cosine of its tokens with the prototype nearest to each, mean over the clip.
    start_s: when its first frame is shown, on the player's clock of its video; what is placed counts from there.
    """

    presence: np.ndarray
    vocabulary: Sequence[str]
    seconds_per_token: float
    duration_s: float
    resemblance: float
    start_s: float = 0.0

    def placed(self, threshold: float) -> list[PlacedGloss]:
        """Each stretch of tokens with presence over ``threshold``, in order of time; its score is its presence."""
        found: list[PlacedGloss] = []
        for column in np.flatnonzero((self.presence > threshold).any(axis=0)):
            over = np.concatenate([[False], self.presence[:, column] > threshold, [False]])
            edges = np.flatnonzero(np.diff(over.astype(np.int8)))
            for start, end in zip(edges[::2], edges[1::2], strict=True):
                found.append(self._stretch(int(column), int(start), int(end)))
        return sorted(found, key=lambda gloss: (gloss.start_s, gloss.end_s, gloss.gloss))

    def _stretch(self, column: int, start: int, end: int) -> PlacedGloss:
        score = float(self.presence[start:end, column].sum())
        start_s, end_s = (min(edge * self.seconds_per_token, self.duration_s) for edge in (start, end))
        found = PlacedGloss(self.vocabulary[column], round(start_s, 3), round(end_s, 3), round(score, 4))
        return found.later(self.start_s)
