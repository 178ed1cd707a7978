"""Where a token stands: sines added to features, rotary turns of queries and keys, the language model's own sines."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoid(positions: Tensor, width: int) -> Tensor:
    """(N,) -> (N, width) with sin(t 10000^(-2i/width)) at 2i and the cosine at 2i + 1 (MODEL.md 3)."""
    rates = 10000 ** (-torch.arange(0, width, 2, device=positions.device) / width)
    angles = positions[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :width]


def rotation(positions: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """(N,) -> cosines and sines (N, 1, width) of rotary embedding, base 10000, the same for both halves."""
    rates = 10000 ** (-torch.arange(0, width, 2, device=positions.device) / width)
    angles = (positions[:, None] * rates).repeat(1, 2)[:, None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turns (N, H, width) by its `rotation`, in the rotate-half form."""
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-second, first], dim=-1) * sine


def xglm_sinusoid(positions: Tensor, width: int) -> Tensor:
    """(L,) -> (L, width): sin(a w_i), then cos(a w_i), with a = t + 2 and w_i = 10000^(-i/(width/2-1)) (MODEL.md 5)."""
    half = width // 2
    rates = torch.exp(torch.arange(half, device=positions.device) * -(math.log(10000) / (half - 1)))
    angles = (positions + 2)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
