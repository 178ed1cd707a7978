"""From features of the signs to the memory that the decoder watches (MODEL.md 5).

B clips, T tokens, C width of the features, M width of the language model.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sign2gpt.model.config import Positions

RANDOM_STD = 0.02


class MemoryProjection(nn.Module):
    """Linear layer of features and positions.

    Args:
        positions: none, learnable from zeros, learnable random, sinusoidal.
        longest: rows of learnable positions; tokens after those share the last row.
    """

    def __init__(self, features: int, width: int, positions: Positions, longest: int) -> None:
        super().__init__()
        self.kind = positions
        self.linear = nn.Linear(features, width)
        if positions in ("zeros", "random"):
            std = RANDOM_STD if positions == "random" else 0.0
            self.positions = nn.Parameter(torch.zeros(longest, features).normal_(std=std))

    def forward(self, z: Tensor) -> Tensor:
        """Padded features (B, T, C) -> memory (B, T, M)."""
        place = torch.arange(z.shape[1], device=z.device)
        if self.kind == "sinusoidal":
            z = z + sinusoid(place, z.shape[2])
        elif self.kind != "none":
            z = z + self.positions[place.clamp(max=len(self.positions) - 1)]
        return self.linear(z)


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
