"""Attention over the neighbours in the same clip, on packed tokens: time and memory grow with tokens x window.

Shapes: N tokens of all clips, H heads, D head width, W window.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model import packed
from sign2gpt.model.encoders import flex
from sign2gpt.model.language.memory import rotate
from sign2gpt.model.lora import dropout as dropped


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

    def forward(self, x: Tensor, lengths: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """Packed (N, C) -> (N, C); ``rotary`` is the `rotation` of the tokens' positions."""
        q, k, v = (layer(x).unflatten(-1, (self.heads, -1)) for layer in (self.query, self.key, self.value))  # N H D
        q, k = rotate(q, *rotary).to(v.dtype), rotate(k, *rotary).to(v.dtype)
        dropout = self.dropout if self.training else 0.0
        attended = (
            windowed(q, k, v, lengths, self.window, dropout)
            if self.window
            else global_attention(q, k, v, lengths, dropout)
        )
        return dropped(self.out(attended.flatten(1)), dropout)


def windowed(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor, window: int, dropout: float) -> Tensor:
    """(N, H, D) attends to ``window`` tokens of its clip; neighbours that belong to another clip are masked."""
    reach = window // 2
    if flex.pays(q, dropout):
        return flex.flexed(q, k, v, lengths, reach)
    place = packed.positions(lengths)[:, None] + torch.arange(-reach, reach + 1)  # N W
    inside = (place >= 0) & (place < packed.repeat_per_clip(lengths, lengths)[:, None])
    scores = Scores.apply(q * q.shape[-1] ** -0.5, k, reach)  # N H W
    weights = scores.masked_fill(~inside.to(q.device)[:, None], float("-inf")).softmax(dim=-1)
    return Mixture.apply(dropped(weights, dropout), v, reach).to(v.dtype)


def global_attention(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor, dropout: float) -> Tensor:
    """(N, H, D) attends to all tokens of its clip."""
    real = packed.mask(lengths, q.device)[:, None, None]  # B 1 1 T
    q, k, v = (packed.pad(part, lengths).transpose(1, 2) for part in (q, k, v))  # B H T D
    attended = F.scaled_dot_product_attention(q, k, v, attn_mask=real, dropout_p=dropout)
    return packed.pack(attended.transpose(1, 2), lengths)


class Scores(torch.autograd.Function):
    """Queries and keys (N, H, D) -> each query's product with its neighbours' keys, float32 (N, H, W)."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, reach: int) -> Tensor:
        ctx.save_for_backward(queries, keys)
        ctx.reach = reach
        return products(queries, keys, reach)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        (slope,) = gradients
        queries, keys = ctx.saved_tensors
        return (
            total(slope, keys, ctx.reach).to(queries.dtype),
            gathered(slope, queries, ctx.reach).to(keys.dtype),
            None,
        )


class Mixture(torch.autograd.Function):
    """Weights (N, H, W) and values (N, H, D) -> the weighted sum over each token's neighbours, float32 (N, H, D)."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, values: Tensor, reach: int) -> Tensor:
        ctx.save_for_backward(weights, values)
        ctx.reach = reach
        return total(weights, values, reach)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        (slope,) = gradients
        weights, values = ctx.saved_tensors
        return (
            products(slope, values, ctx.reach).to(weights.dtype),
            gathered(weights, slope, ctx.reach).to(values.dtype),
            None,
        )


def products(x: Tensor, around: Tensor, reach: int) -> Tensor:
    """(N, H, W): x[n] . around[n + j - reach]."""
    x, around = x.float(), _padded(around, reach)
    return torch.stack([(x * around[shift : shift + len(x)]).sum(-1) for shift in range(2 * reach + 1)], dim=-1)


def total(weights: Tensor, around: Tensor, reach: int) -> Tensor:
    """(N, H, D): the sum over j of weights[n, j] around[n + j - reach]."""
    tokens, around = len(around), _padded(around, reach)
    out = torch.zeros_like(around[:tokens])
    for shift, weight in enumerate(weights.float().split(1, dim=-1)):
        out.addcmul_(weight, around[shift : shift + tokens])
    return out


def gathered(weights: Tensor, x: Tensor, reach: int) -> Tensor:
    """(N, H, D): what the tokens around have sent, the sum over j of weights[m, j] x[m] with m = n - j + reach."""
    x = x.float()
    out = _padded(torch.zeros_like(x), reach)
    for shift, weight in enumerate(weights.float().split(1, dim=-1)):
        out[shift : shift + len(x)].addcmul_(weight, x)
    return out[reach : reach + len(x)]


def _padded(x: Tensor, reach: int) -> Tensor:
    return F.pad(x.float(), (0, 0, 0, 0, reach, reach))
