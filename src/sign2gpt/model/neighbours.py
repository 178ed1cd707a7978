"""Dot products with the neighbours and sums over them, one shift at a time: no neighbour is ever copied for a token.

Shapes: N tokens, H heads, D head width, W = 2 reach + 1 neighbours, of whom number j of token n is token n + j - reach;
beyond both ends stand zeros. Sums are taken in float32. Each operation's gradient is made of the other and `gathered`.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


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
