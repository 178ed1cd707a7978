"""Beam search over clips of unlike length, by the rule of transformers 4.31, the reference's (MODEL.md 5).

B clips, K beams, R = B x K rows, V vocabulary. A clip's result does not depend on the others in the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import torch
from torch import Tensor

from sign2gpt.model.decoding.hypotheses import Hypotheses, Hypothesis, Scoring, Streamer, forbid_repeats
from sign2gpt.model.language.decoder import Decoder, Memory

Candidate = tuple[float, int, int]  # log-probability so far, beam that it goes on from, id


@dataclass
class _Clip:
    """The texts that a clip's beams have come to, and the best ``beams`` of the hypotheses that it has finished."""

    beams: int
    scoring: Scoring
    live: list[list[int]]
    done: bool = False
    found: list[Hypothesis] = field(default_factory=list)

    def add(self, ids: list[int], log_probability: float, *, ended: bool) -> None:
        if log_probability == -inf:  # there are fewer texts than beams
            return
        self.found.append(self.scoring.hypothesis(ids, log_probability, ended=ended))
        self.found.sort(key=lambda hypothesis: hypothesis.score, reverse=True)
        del self.found[self.beams :]

    def step(self, candidates: list[Candidate], end_id: int) -> list[int]:
        """Takes 2 K candidates, best first; gives the places of the K that live on."""
        going: list[int] = []
        for rank, (log_probability, beam, token) in enumerate(candidates):
            if token != end_id:
                going.append(rank)
            elif rank < self.beams and not self.done:
                self.add(self.live[beam], log_probability, ended=True)
        if len(self.found) == self.beams and not self.done:
            # the best candidate may be an end; this step's id counts, so that n is one more than that of what ends now
            reachable = self.scoring.reachable(candidates[0][0], len(self.live[0]) + 1)
            self.done = self.beams == 1 or self.found[-1].score >= reachable  # one beam: greedy, ends at the first end
        del going[self.beams :]
        self.live = [[*self.live[beam], token] for _, beam, token in (candidates[rank] for rank in going)]
        return going


@torch.inference_mode()
def beam_candidates(
    decoder: Decoder,
    memory: Memory | None,
    *,
    beams: int,
    max_ids: int,
    count_start: bool,
    length_penalty: float = 1.0,
    no_repeat_ngram_size: int = 0,
    streamer: Streamer | None = None,
) -> list[list[Hypothesis]]:
    """The ``beams`` hypotheses of each clip, or as many as there are, best first; one wait for the device a step.

    Args:
        memory: of B clips; None, a decoder without video, counts as one clip.
        max_ids: the longest hypothesis, the start counted; there, live ones compete as they are.
        count_start: whether the start or the end counts in the length that log-probabilities are divided by.
        length_penalty: power of that length.
        no_repeat_ngram_size: so many ids in a row come once in a text; 0: as often as they like.
        streamer: is told the ids of a greedy search, which stay as they are; several beams change theirs.
    """
    assert streamer is None or beams == 1, "what several beams hold may still change"
    growing = Hypotheses(decoder, memory, beams, max_ids)
    scoring = Scoring(count_start, length_penalty)
    clips = [_Clip(beams, scoring, live=[[] for _ in range(beams)]) for _ in growing.clips]
    scores = torch.full((len(clips), beams), -inf, device=decoder.device)
    scores[:, 0] = 0.0  # the beams are still one
    for _ in range(max_ids - 1):
        held = [clips[clip] for clip in growing.clips]
        log_probabilities = growing.logits().log_softmax(-1)
        forbid_repeats(log_probabilities, [ids for clip in held for ids in clip.live], no_repeat_ngram_size)
        total, beam, token = _continuations(scores, log_probabilities)
        candidates = _on_the_host(total, beam, token)
        kept = [clip.step(found, decoder.end_id) for clip, found in zip(held, candidates, strict=True)]
        if streamer is not None:
            for number, clip in zip(growing.clips, held, strict=True):
                if not clip.done:
                    streamer(number, clip.live[0][-1])
        places = growing.unfinished(lambda clip: clips[clip].done)
        if not places:
            break
        stay, ranks = growing.upload(places), growing.upload([kept[place] for place in places])
        scores = total[stay].gather(1, ranks)
        came_from = [[candidates[place][rank][1] for rank in kept[place]] for place in places]
        growing.advance(places, came_from, token[stay].gather(1, ranks).flatten())
    for number, ends in zip(growing.clips, scores.tolist(), strict=True):
        clip = clips[number]
        if not clip.done:
            for ids, log_probability in zip(clip.live, ends, strict=True):
                clip.add(ids, log_probability, ended=False)
    return [clip.found for clip in clips]


def _continuations(scores: Tensor, log_probabilities: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The best 2 K continuations of each clip, best first, from scores (B, K) and log-probabilities (R, V).

    Returns:
        (B, 2 K) each: log-probabilities so far, beams that they go on from, ids.
    """
    beams = scores.shape[1]
    best, token = log_probabilities.topk(min(2 * beams, log_probabilities.shape[1]))  # of each row; no sum of (R, V)
    total, place = (scores.flatten()[:, None] + best).view(len(scores), -1).topk(2 * beams)
    return total, place // best.shape[1], token.view(len(scores), -1).gather(1, place)


def _on_the_host(*columns: Tensor) -> list[list[Candidate]]:
    """Each clip's candidates in one transfer; float64 holds every float32 and every id."""
    table = torch.stack([column.double() for column in columns], -1).tolist()
    return [[(value, int(beam), int(token)) for value, beam, token in clip] for clip in table]
