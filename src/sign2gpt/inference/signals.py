"""What tells of a clip whether it is like those of the training (`trust.SIGNALS`).

B clips, L ids of the longest sentence and its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from sign2gpt.inference.localisation import Localisation
from sign2gpt.model.decoder import Decoder, Memory
from sign2gpt.model.growing import Hypothesis


def signals(
    decoder: Decoder, memory: Memory, said: Sequence[Hypothesis], found: Sequence[Localisation] | None
) -> list[dict[str, float]]:
    """The signals of each clip.

    Args:
        memory: of the clips.
        said: their sentences.
        found: pseudo-glosses in them; None where the run has no head.
    """
    values = [
        sureness(best) | {"video_share": round(share, 5)}
        for best, share in zip(said, _shares(decoder, memory, [best.ids for best in said]), strict=True)
    ]
    for clip, located in zip(values, found or [], strict=found is not None):
        clip["resemblance"] = round(located.resemblance, 5)
    return values


def sureness(said: Hypothesis) -> dict[str, float]:
    """The signal that costs nothing and needs no calibration to be measured."""
    tokens = len(said.ids) + 1  # the end is one
    return {"log_probability": round(said.log_probability / tokens, 5)}


def _shares(decoder: Decoder, memory: Memory, texts: Sequence[list[int]]) -> list[float]:
    """Length of what was watched behind the gates as a share of that and of what was attended to: mean over layers."""
    told = [replace(seen, lengths=[]) for seen in memory]
    rows = [torch.tensor([decoder.start_id, *ids]) for ids in texts]
    ids = pad_sequence(rows, True, decoder.end_id).to(decoder.device)
    decoder.hidden(ids, told)  # no text sees what follows it
    real = pad_sequence([torch.ones(len(row)) for row in rows], True).to(decoder.device)
    layers = [[_length(part, real) for part in lengths] for seen in told for lengths in seen.lengths or []]
    return torch.stack([clips / (text + clips) for text, clips in layers]).mean(0).tolist()


def _length(squares: Tensor, real: Tensor) -> Tensor:
    """Of all tokens together: squares (B, L) -> (B,)."""
    return (squares * real).sum(1).sqrt()
