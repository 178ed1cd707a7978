"""From features of the signs to the memory that the decoder watches (MODEL.md 5).

B clips, T tokens, C width of the features, M width of the language model.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sign2gpt.model.config import Positions
from sign2gpt.model.positions import sinusoid

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
