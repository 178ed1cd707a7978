"""Beam search told as plainly as it can be, for one clip, and a decoder of tables with which a search costs no time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import cast

import torch
from torch import Tensor

from sign2gpt.model.language.decoder import Decoder, Memory
from sign2gpt.model.language.gated_layer import LayerMemory

Found = list[tuple[list[int], float]]  # ids without start and end, and their scores, best first
Next = Callable[[list[int]], list[float]]  # log-probabilities of the ids that follow a text


@dataclass(frozen=True)
class Rule:
    """The keys of a search; then what MODEL.md 5 leaves no choice in, so that a test can get it wrong on purpose."""

    beams: int
    max_ids: int
    count_start: bool = True
    length_penalty: float = 1.0
    no_repeat_ngram_size: int = 0

    ends_among: int = 1  # an end counts among so many times the width
    candidates: int = 2  # so many times the width are looked at
    bound_ids: int = 0  # added to the length that the bound divides by
    bound_of_live: bool = False  # the bound leaves ends out
    early_stopping: bool = False
    first_end: bool = True  # one beam stops there
    live_compete: bool = True  # at the limit
    both_ends: bool | None = None  # start and end count in what has ended (true), neither (false), or one of them

    @property
    def keys(self) -> dict[str, int | float]:
        """As `beam_candidates` takes them."""
        names = ("beams", "max_ids", "count_start", "length_penalty", "no_repeat_ngram_size")
        return {name: getattr(self, name) for name in names}


def plain_search(next_ids: Next, end_id: int, rule: Rule) -> tuple[Found, float]:
    """The hypotheses of one clip, and how close the closest decision was: a rounding turns one that is too close."""
    live: list[tuple[list[int], float]] = [([], 0.0)]
    finished: list[tuple[float, list[int]]] = []
    closest = inf

    def ranked(scored: list[tuple[float, list[int]]], best: int) -> list[tuple[float, list[int]]]:
        nonlocal closest
        scored = sorted(scored, key=lambda one: -one[0])
        likely = [score for score, _ in scored[: best + 1] if score > -inf]
        closest = min([closest, *(first - second for first, second in pairwise(likely))])
        return scored[:best]

    for length in range(1, rule.max_ids):  # of the texts with this step's id
        grown = [
            (total + step, [*ids, token])
            for ids, total in live
            for token, step in enumerate(_unrepeated(ids, next_ids(ids), rule.no_repeat_ngram_size))
        ]
        candidates = [one for one in ranked(grown, rule.candidates * rule.beams) if one[0] > -inf]
        ended = [(p, ids[:-1]) for p, ids in candidates[: rule.ends_among * rule.beams] if ids[-1] == end_id]
        n = max(length + {None: 0, True: 1, False: -1}[rule.both_ends], 1)
        finished = ranked(finished + [(p / n**rule.length_penalty, ids) for p, ids in ended], rule.beams)
        live = [(ids, p) for p, ids in candidates if ids[-1] != end_id][: rule.beams]
        if not live or (rule.beams == 1 and rule.first_end and finished):
            return _found(finished), closest
        if len(finished) == rule.beams:
            best = live[0][1] if rule.bound_of_live else candidates[0][0]
            reachable = best / (length + rule.count_start + rule.bound_ids) ** rule.length_penalty
            closest = min(closest, abs(finished[-1][0] - reachable))
            if rule.early_stopping or finished[-1][0] >= reachable:
                return _found(finished), closest
    if rule.live_compete:
        n = rule.max_ids - 1 + rule.count_start
        finished = ranked(finished + [(p / n**rule.length_penalty, ids) for ids, p in live], rule.beams)
    return _found(finished), closest


def _found(finished: list[tuple[float, list[int]]]) -> Found:
    return [(ids, score) for score, ids in finished]


def _unrepeated(ids: list[int], log_probabilities: list[float], size: int) -> list[float]:
    there = [ids[at : at + size] for at in range(len(ids) - size + 1)] if size else []
    last = ids[len(ids) - size + 1 :] if size else []
    return [-inf if [*last, token] in there else p for token, p in enumerate(log_probabilities)]


class TableDecoder:
    """What `beam_candidates` asks of a decoder; its logits are drawn, for each clip and each text anew.

    Args:
        vocabulary: ids; 0 starts a text and 1 ends it.
        ending: is added to the end's logits; a step later it is ``rising`` more.
        spread: standard deviation of the logits.
    """

    start_id, end_id, training = 0, 1, False
    device = torch.device("cpu")
    texts = 499  # a text's place in the table; two texts seldom share one

    def __init__(self, seed: int, clips: int, *, vocabulary: int, ending: float, rising: float, spread: float) -> None:
        draw = torch.Generator().manual_seed(seed)
        self.table = spread * torch.randn(clips, self.texts, vocabulary, generator=draw)
        self.ending, self.rising = ending, rising
        self.rows_at: list[int] = []

    def as_decoder(self) -> Decoder:
        return cast(Decoder, self)

    def remember(self, *clips: int) -> Memory:
        """What is kept of these clips is their numbers."""
        return [LayerMemory(torch.tensor(clips), torch.tensor(clips), None)]

    def cache(self, rows: int, most: int) -> _Texts:
        return _Texts(rows, most)

    def __call__(self, last: Tensor, memory: Memory, cache: _Texts) -> Tensor:
        cache.grow(last[:, 0].tolist())
        clips = memory[0].keys
        self.rows_at.append(len(last))
        each = clips.repeat_interleave(len(last) // len(clips)).tolist()
        rows = [self.logits(clip, ids[1:]) for clip, ids in zip(each, cache.ids, strict=True)]
        return torch.stack(rows)[:, None]

    def logits(self, clip: int, ids: list[int]) -> Tensor:
        place = 0
        for token in ids:
            place = (31 * place + token + 7) % self.texts
        logits = self.table[clip, place].clone()
        logits[self.end_id] += self.ending + self.rising * len(ids)
        return logits

    def next_ids(self, clip: int) -> Next:
        return lambda ids: self._log_probabilities(clip, tuple(ids))

    @functools.cache  # noqa: B019
    def _log_probabilities(self, clip: int, ids: tuple[int, ...]) -> list[float]:
        return self.logits(clip, list(ids)).double().log_softmax(-1).tolist()


class _Texts:
    """Whole texts in place of a cache."""

    def __init__(self, rows: int, most: int) -> None:
        self.ids: list[list[int]] = [[] for _ in range(rows)]
        self.most = most

    @property
    def length(self) -> int:
        return len(self.ids[0])

    def grow(self, last: list[int]) -> None:
        assert len(last) == len(self.ids)
        self.ids = [[*ids, token] for ids, token in zip(self.ids, last, strict=True)]
        assert self.length <= self.most

    def reorder(self, rows: Tensor) -> None:
        self.ids = [self.ids[row] for row in rows.tolist()]
