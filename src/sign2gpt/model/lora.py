"""Low-rank adapters over frozen linear layers, which keep their names in the state dict (MODEL.md, first page)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LoRA(nn.Module):
    """Adds a change to what a frozen layer made of x (..., in): made (..., out) + (alpha / rank) B(A(dropout(x))).

    Args:
        init_std: standard deviation of A's normal start, with B at zero; None gives A and B torch's start of a linear
            layer, for a branch through which nothing flows at first.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        rank: int,
        alpha: float,
        dropout: float,
        init_std: float | None,
        device: torch.device | str | None = None,
    ) -> None:
        super().__init__()
        self.scale = alpha / rank
        self.dropout = Dropout(dropout)
        self.a = nn.Parameter(torch.empty(rank, in_features, device=device))
        self.b = nn.Parameter(torch.empty(out_features, rank, device=device))
        if init_std is None:
            nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))
            nn.init.kaiming_uniform_(self.b, a=math.sqrt(5))
        else:
            nn.init.normal_(self.a, std=init_std)
            nn.init.zeros_(self.b)

    def forward(self, x: Tensor, made: Tensor) -> Tensor:
        narrow = F.linear(self.dropout(x), self.a)
        changed = torch.addmm(made.flatten(0, -2), narrow.flatten(0, -2), self.b.T, alpha=self.scale)
        return changed.view(made.shape)


class LoRALinear(nn.Linear):
    """A frozen linear layer and its change: ``weight`` and ``bias`` keep their names, ``lora.a``, ``lora.b`` join."""

    def __init__(
        self, frozen: nn.Linear, *, rank: int, alpha: float, dropout: float, init_std: float | None = 0.02
    ) -> None:
        nn.Module.__init__(self)
        self.in_features = frozen.in_features
        self.out_features = frozen.out_features
        self.weight = frozen.weight.requires_grad_(False)
        self.bias = frozen.bias if frozen.bias is None else frozen.bias.requires_grad_(False)
        self.lora = LoRA(
            frozen.in_features,
            frozen.out_features,
            rank=rank,
            alpha=alpha,
            dropout=dropout,
            init_std=init_std,
            device=frozen.weight.device,
        )

    def forward(self, input: Tensor) -> Tensor:
        return self.lora(input, super().forward(input))


def add_lora(
    module: nn.Module, names: Iterable[str], *, rank: int, alpha: float, dropout: float, init_std: float
) -> None:
    """Puts an adapter on each linear layer of ``module`` found at a dotted name such as ``attn.qkv``."""
    for name in names:
        frozen = module.get_submodule(name)
        assert isinstance(frozen, nn.Linear), f"{name} is {type(frozen).__name__}, no linear layer"
        parent, _, last = name.rpartition(".")
        adapted = LoRALinear(frozen, rank=rank, alpha=alpha, dropout=dropout, init_std=init_std)
        setattr(module.get_submodule(parent), last, adapted)


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
