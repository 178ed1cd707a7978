"""Beam search over clips of unlike length, by the rule of transformers 4.31, the reference's (MODEL.md 5).

B clips, K beams, V vocabulary. A clip's result does not depend on the others in the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from sign2gpt.model.decoder import Decoder, Memory

Candidate = tuple[float, int, int]  # log-probability so far, beam that it goes on from, id


@dataclass(frozen=True)
class Hypothesis:
    """A sentence: ids without start and end, the sum of their log-probabilities (the end's too), and that over n."""

    ids: list[int]
    log_probability: float
    score: float


@dataclass
class _Clip:
    """The hypotheses that a clip has finished, the best ``beams`` of them."""

    beams: int
    count_start: bool
    done: bool = False
    found: list[Hypothesis] = field(default_factory=list)

    def normalise(self, log_probability: float, ids: int) -> float:
        """Log-probability over n: the ids without start and end, and with ``count_start`` one more."""
        return log_probability / max(ids + self.count_start, 1)

    def add(self, ids: list[int], log_probability: float) -> None:
        self.found.append(Hypothesis(ids, log_probability, self.normalise(log_probability, len(ids))))
        self.found.sort(key=lambda hypothesis: hypothesis.score, reverse=True)
        del self.found[self.beams :]

    def step(self, live: list[list[int]], candidates: list[Candidate], end_id: int) -> list[Candidate]:
        """Takes 2 K candidates, best first; gives the K that live on."""
        going: list[Candidate] = []
        for rank, (log_probability, beam, token) in enumerate(candidates):
            if token != end_id:
                going.append((log_probability, beam, token))
            elif rank < self.beams and not self.done:
                self.add(live[beam], log_probability)
        if len(self.found) == self.beams and not self.done:
            reachable = self.normalise(candidates[0][0], len(live[0]))  # in the reference an end counts here too
            self.done = self.found[-1].score >= reachable
        return going[: self.beams]


def beam_search(
    decoder: Decoder, memory: Memory | None, *, beams: int, max_ids: int, count_start: bool
) -> list[Hypothesis]:
    """The best hypothesis of each clip; one beam is greedy search."""
    found = beam_candidates(decoder, memory, beams=beams, max_ids=max_ids, count_start=count_start)
    return [candidates[0] for candidates in found]


@torch.inference_mode()
def beam_candidates(
    decoder: Decoder, memory: Memory | None, *, beams: int, max_ids: int, count_start: bool
) -> list[list[Hypothesis]]:
    """All ``beams`` hypotheses of each clip, best first.

    Args:
        memory: of B clips; None, a decoder without video, counts as one clip.
        max_ids: the longest hypothesis, the start counted; there, live ones compete as they are.
        count_start: whether the start counts in the length that log-probabilities are divided by.
    """
    assert not decoder.training, "dropout would change the hypotheses: decode in evaluation mode"
    clips = [_Clip(beams, count_start) for _ in range(len(memory[0].keys) if memory else 1)]
    rows = len(clips) * beams
    cache = decoder.cache(rows, max_ids)
    live: list[list[list[int]]] = [[[] for _ in range(beams)] for _ in clips]
    scores = torch.full((len(clips), beams), -torch.inf, device=decoder.device)
    scores[:, 0] = 0.0  # the beams are still one
    last = torch.full((rows, 1), decoder.start_id, device=decoder.device)
    for _ in range(max_ids - 1):
        logits = decoder(last, memory, cache)[:, -1].float()
        kept = [
            clip.step(ids, candidates, decoder.end_id)
            for clip, ids, candidates in zip(clips, live, _candidates(scores, logits), strict=True)
        ]
        live = [[[*ids[beam], token] for _, beam, token in going] for ids, going in zip(live, kept, strict=True)]
        if all(clip.done for clip in clips):
            break
        scores = torch.tensor([[score for score, _, _ in going] for going in kept], device=decoder.device)
        beam = [clip * beams + beam for clip, going in enumerate(kept) for _, beam, _ in going]
        cache.reorder(torch.tensor(beam, device=decoder.device))
        last = torch.tensor([[token] for going in kept for *_, token in going], device=decoder.device)
    for clip, ids, ends in zip(clips, live, scores.tolist(), strict=True):
        if not clip.done:
            for tokens, log_probability in zip(ids, ends, strict=True):
                clip.add(tokens, log_probability)
    return [clip.found for clip in clips]


def _candidates(scores: Tensor, logits: Tensor) -> list[list[Candidate]]:
    """The best 2 K continuations of each clip, best first, from scores (B, K)."""
    total = scores[:, :, None] + logits.log_softmax(-1).unflatten(0, scores.shape)  # (B, K, V)
    best, place = total.flatten(1).topk(2 * scores.shape[1])
    beam, token = place // logits.shape[1], place % logits.shape[1]
    return [list(zip(*clip, strict=True)) for clip in zip(best.tolist(), beam.tolist(), token.tolist(), strict=True)]
