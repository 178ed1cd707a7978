"""Dropout that costs a third of torch's on a CPU, where drawing is most of it: one draw serves two values."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BITS = 32


def dropout(x: Tensor, rate: float, training: bool = True) -> Tensor:
    """Each value becomes 0 with probability ``rate`` (to 2**-32), independently; the others grow by 1 / (1 - rate).

    Elsewhere than on a CPU, and where it is compiled, it is torch's own, which is fused there.
    """
    if not (training and rate and x.is_cpu) or torch.compiler.is_compiling():
        return F.dropout(x, rate, training)
    drawn = torch.empty(-(-x.numel() // 2), dtype=torch.int64).random_(-(2**63), None)  # 64 bits each: two values
    kept = drawn.view(torch.int32)[: x.numel()].view(x.shape) >= round((rate - 0.5) * 2**BITS)
    return x * kept.to(x.dtype).mul_(1 / (1 - rate))


class Dropout(nn.Dropout):
    """`dropout` as a module."""

    def forward(self, input: Tensor) -> Tensor:
        return dropout(input, self.p, self.training)
