"""Attention over the neighbours in the same clip, on packed tokens: time and memory grow with tokens x window.

Shapes: N tokens of all clips, H heads, D head width, W window.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model import flex, neighbours, packed
from sign2gpt.model.dropout import dropout as dropped
from sign2gpt.model.positions import rotate


class LocalAttention(nn.Module):
    """Rotary multi-head attention in which a token sees ``window`` tokens, itself in the middle; 0: its whole clip."""

    def __init__(self, width: int, *, heads: int, window: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, lengths: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """Packed (N, C) -> (N, C); ``turn`` is the `rotation` of the tokens' positions."""
        q, k, v = (layer(x).unflatten(-1, (self.heads, -1)) for layer in (self.query, self.key, self.value))  # N H D
        q, k = rotate(q, *turn).to(v.dtype), rotate(k, *turn).to(v.dtype)
        dropout = self.dropout if self.training else 0.0
        attended = windowed(q, k, v, lengths, self.window, dropout) if self.window else whole(q, k, v, lengths, dropout)
        return dropped(self.out(attended.flatten(1)), dropout)


def windowed(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor, window: int, dropout: float) -> Tensor:
    """(N, H, D) attends to ``window`` tokens of its clip; neighbours that belong to another clip are masked."""
    reach = window // 2
    if flex.pays(q, dropout):
        return flex.flexed(q, k, v, lengths, reach)
    place = packed.positions(lengths)[:, None] + torch.arange(-reach, reach + 1)  # N W
    inside = (place >= 0) & (place < packed.spread(lengths, lengths)[:, None])
    scores = neighbours.Scores.apply(q * q.shape[-1] ** -0.5, k, reach)  # N H W
    weights = scores.masked_fill(~inside.to(q.device)[:, None], float("-inf")).softmax(dim=-1)
    return neighbours.Mixture.apply(dropped(weights, dropout), v, reach).to(v.dtype)


def whole(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor, dropout: float) -> Tensor:
    """(N, H, D) attends to all tokens of its clip."""
    real = packed.mask(lengths, q.device)[:, None, None]  # B 1 1 T
    q, k, v = (packed.pad(part, lengths).transpose(1, 2) for part in (q, k, v))  # B H T D
    attended = F.scaled_dot_product_attention(q, k, v, attn_mask=real, dropout_p=dropout)
    return packed.pack(attended.transpose(1, 2), lengths)
