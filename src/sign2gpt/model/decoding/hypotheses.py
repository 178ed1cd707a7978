"""Texts that grow by an id a step, for clips of unlike length: what every way of decoding shares.

B clips, K texts of each, R = B x K rows, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from sign2gpt.model.language.decoder import Decoder, Memory

Streamer = Callable[[int, int], None]
"""Is told a clip's number and its next id."""


@dataclass(frozen=True)
class Hypothesis:
    """A sentence: ids without start and end, the sum of their log-probabilities (the end's too), and its score."""

    ids: list[int]
    log_probability: float
    score: float


@dataclass(frozen=True)
class Scoring:
    """Score = log-probability / n ** penalty.

    n counts the start and not the end (``count_start``, transformers up to 4.35), or the end and not the start (later
    versions): the two differ for a text that the limit cut off, which has no end, and in the bound that ends a search.
    """

    count_start: bool
    penalty: float

    def hypothesis(self, ids: list[int], log_probability: float, *, ended: bool) -> Hypothesis:
        n = len(ids) + (self.count_start or ended)
        return Hypothesis(ids, log_probability, self._normalise(log_probability, n))

    def reachable(self, log_probability: float, ids: int) -> float:
        """The score by which a search decides whether going on can pay; the last of so many ids is this step's."""
        return self._normalise(log_probability, ids + self.count_start)

    def _normalise(self, log_probability: float, n: int) -> float:
        return log_probability / n**self.penalty


class Hypotheses:
    """The rows of a batch with their memory and cache; clips that are done leave it.

    Args:
        memory: of B clips; None, a decoder without video, counts as one clip.
        texts: K.
        max_ids: the longest text, the start counted.
    """

    def __init__(self, decoder: Decoder, memory: Memory | None, texts: int, max_ids: int) -> None:
        assert not decoder.training, "dropout would change the hypotheses: decode in evaluation mode"
        self.decoder, self.memory, self.texts = decoder, memory, texts
        self.clips = list(range(len(memory[0].keys) if memory else 1))
        rows = len(self.clips) * texts
        self.cache = decoder.cache(rows, max_ids)
        self.last = torch.full((rows, 1), decoder.start_id, device=decoder.device)

    def logits(self) -> Tensor:
        """Float (R, V) of the next ids."""
        return self.decoder(self.last, self.memory, self.cache)[:, -1].float()

    def unfinished(self, done: Callable[[int], bool]) -> list[int]:
        """Places in the batch of the clips that go on; none where all are done.

        Leaving costs a copy of the memory of those that stay: clips leave when half of the batch is done.
        """
        going = [place for place, clip in enumerate(self.clips) if not done(clip)]
        return going if 2 * len(going) <= len(self.clips) else list(range(len(self.clips)))

    def advance(self, places: list[int], texts: Sequence[Sequence[int]], ids: Tensor) -> None:
        """Each text of the clips at ``places`` goes on from one of that clip's ``texts``, with one of ``ids`` (R,)."""
        rows = [place * self.texts + text for place, going in zip(places, texts, strict=True) for text in going]
        if rows != list(range(len(self.last))):
            self.cache.reorder(torch.tensor(rows))
        if len(places) < len(self.clips):
            self.clips = [self.clips[place] for place in places]
            self.memory = self.memory and _of_clips(self.memory, places)
        self.last = ids[:, None]

    def upload(self, values: Sequence[object]) -> Tensor:
        """Numbers that the host has chosen, on the device, without waiting for it."""
        return torch.tensor(values).to(self.decoder.device, non_blocking=True)


def _of_clips(memory: Memory, places: list[int]) -> Memory:
    chosen = torch.tensor(places).to(memory[0].keys.device, non_blocking=True)
    return [
        replace(
            seen,
            keys=seen.keys[chosen],
            values=seen.values[chosen],
            mask=None if seen.mask is None else seen.mask[chosen],
        )
        for seen in memory
    ]


def forbid_repeats(scores: Tensor, texts: Sequence[list[int]], size: int) -> None:
    """Makes every id impossible, in scores (R, V), that would be the last of ``size`` which its text holds in a row."""
    found = [(row, token) for row, ids in enumerate(texts) for token in _repeats(ids, size)] if size else []
    if found:
        rows, tokens = torch.tensor(found).T.to(scores.device, non_blocking=True)
        scores[rows, tokens] = -torch.inf


def _repeats(ids: list[int], size: int) -> list[int]:
    last = ids[len(ids) - size + 1 :]
    return [ids[at + size - 1] for at in range(len(ids) - size + 1) if ids[at : at + size - 1] == last]
