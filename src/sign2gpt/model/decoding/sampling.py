"""Sentences drawn by the decoder's probabilities, instead of a search for the likeliest.

B clips, K texts of each, R = B x K rows, V vocabulary. Every clip is given the same random numbers, so that its
sentences do not depend on the others in the batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from sign2gpt.model.decoding.hypotheses import Hypotheses, Hypothesis, Scoring, Streamer, forbid_repeats
from sign2gpt.model.language.decoder import Decoder, Memory


@dataclass
class _Drawn:
    ids: list[int] = field(default_factory=list)
    log_probability: float = 0.0
    done: bool = False

    def add(self, token: int, log_probability: float, end_id: int) -> None:
        if self.done:
            return
        self.log_probability += log_probability
        self.done = token == end_id
        if not self.done:
            self.ids.append(token)


@torch.inference_mode()
def sample_candidates(
    decoder: Decoder,
    memory: Memory | None,
    *,
    texts: int,
    max_ids: int,
    count_start: bool,
    length_penalty: float = 1.0,
    no_repeat_ngram_size: int = 0,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    seed: int = 0,
    streamer: Streamer | None = None,
) -> list[list[Hypothesis]]:
    """``texts`` sentences of each clip, best score first; log-probabilities are the decoder's own, before any change.

    Args:
        temperature, top_k, top_p: as in `draw_ids`.
        streamer: is told the ids of each clip's only text as they are drawn.
        others: as in `beam_candidates`.
    """
    assert streamer is None or texts == 1, "several texts would be told at once"
    growing = Hypotheses(decoder, memory, texts, max_ids)
    clips = [[_Drawn() for _ in range(texts)] for _ in growing.clips]
    generator = torch.Generator().manual_seed(seed)
    for _ in range(max_ids - 1):
        held = [text for number in growing.clips for text in clips[number]]
        logits = growing.logits()
        log_probabilities = logits.log_softmax(-1)
        forbid_repeats(logits, [text.ids for text in held], no_repeat_ngram_size)
        numbers = torch.rand(texts, dtype=torch.float64, generator=generator).repeat(len(growing.clips))
        ids = draw_ids(logits, numbers.to(logits.device, non_blocking=True), temperature, top_k, top_p)
        told = torch.stack([log_probabilities.gather(1, ids[:, None])[:, 0].double(), ids.double()], -1).tolist()
        for text, (log_probability, token) in zip(held, told, strict=True):
            text.add(int(token), log_probability, decoder.end_id)
        if streamer is not None:
            for number in growing.clips:
                if not clips[number][0].done:
                    streamer(number, clips[number][0].ids[-1])
        places = growing.unfinished(lambda number: all(text.done for text in clips[number]))
        if not places:
            break
        each = ids.view(-1, texts)[growing.upload(places)].flatten()
        growing.advance(places, [range(texts)] * len(places), each)
    scoring = Scoring(count_start, length_penalty)
    found = [[scoring.hypothesis(text.ids, text.log_probability, ended=text.done) for text in clip] for clip in clips]
    return [sorted(clip, key=lambda hypothesis: hypothesis.score, reverse=True) for clip in found]


def draw_ids(logits: Tensor, numbers: Tensor, temperature: float, top_k: int, top_p: float) -> Tensor:
    """One id (R,) for each row of logits (R, V), where ``numbers`` (R,) in 0..1 falls in its probabilities, summed up.

    Args:
        temperature: logits are divided by it.
        top_k: so many ids can be drawn, the likeliest; 0: all.
        top_p: of these the likeliest that together reach this probability, as in transformers.
    """
    likely, ids = (logits / temperature).topk(min(top_k or logits.shape[1], logits.shape[1]))
    share = likely.softmax(-1, dtype=torch.float64)
    up_to = share.cumsum(-1)
    last = (up_to - share < top_p).sum(-1, keepdim=True) - 1
    place = torch.searchsorted(up_to, numbers[:, None] * up_to.gather(1, last), right=True)
    return ids.gather(1, place.minimum(last))[:, 0]
