"""The sign encoder (MODEL.md 3): frames' features become half as many tokens that know their neighbours.

Shapes: N frames of all clips, M tokens after the pooling, C width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model import packed
from sign2gpt.model.encoders.local_attention import LocalAttention
from sign2gpt.model.language.memory import rotation, sinusoid
from sign2gpt.model.lora import Dropout

POOL_DIVISOR = 3  # beyond a clip's ends stand zeros, which count


class DropPath(nn.Module):
    """Leaves a branch out for a whole clip at a time, in training."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        kept = x.new_empty(len(lengths), 1).bernoulli_(1 - self.rate) / (1 - self.rate)
        return x * packed.repeat_per_clip(kept, lengths)


class Layer(nn.Module):
    """Post-norm: x = norm(x + drop_path(scale * branch(x))), first attention, then the MLP."""

    def __init__(
        self, width: int, *, heads: int, window: int, mlp: int, dropout: float, drop_path: float, layer_scale: float
    ) -> None:
        super().__init__()
        self.attention = LocalAttention(width, heads=heads, window=window, dropout=dropout)
        self.mlp = nn.Sequential(
            nn.Linear(width, mlp), nn.GELU(), Dropout(dropout), nn.Linear(mlp, width), Dropout(dropout)
        )
        self.scale1 = nn.Parameter(torch.full((width,), layer_scale))
        self.scale2 = nn.Parameter(torch.full((width,), layer_scale))
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, lengths: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        x = self.norm1(x + self.drop_path(self.scale1 * self.attention(x, lengths, rotary), lengths))
        return self.norm2(x + self.drop_path(self.scale2 * self.mlp(x), lengths))


def pool(x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Averages tokens 2i-1, 2i, 2i+1 of each clip: packed (N, C) -> (M, C) with ceil(T / 2) tokens a clip."""
    place = packed.positions(lengths)
    end = packed.repeat_per_clip(lengths, lengths)
    middle = (place % 2 == 0).nonzero().squeeze(1)
    before = (place[middle] > 0).to(x)[:, None]
    behind = (place[middle] + 1 < end[middle]).to(x)[:, None]
    around = F.pad(x, (0, 0, 1, 1))  # token t stands at t + 1
    middle = middle.to(x.device)
    total = before * around[middle] + around[middle + 1] + behind * around[middle + 2]
    return total / POOL_DIVISOR, (lengths + 1) // 2


class SignEncoder(nn.Module):
    """Layers, temporal pooling, layers; a clip's result is the same alone and in any batch."""

    def __init__(
        self,
        width: int,
        *,
        heads: int,
        layers: tuple[int, int],
        window: int,
        downsample: bool,
        mlp: int,
        dropout: float,
        drop_path: float,
        layer_scale: float,
    ) -> None:
        super().__init__()
        self.width = width
        self.head_width = width // heads
        self.downsample = downsample
        self.stride = 2 if downsample else 1
        rates = torch.linspace(0, drop_path, sum(layers), device="cpu").tolist()
        shared = {"heads": heads, "window": window, "mlp": mlp, "dropout": dropout, "layer_scale": layer_scale}
        made = [Layer(width, drop_path=rate, **shared) for rate in rates]
        self.before = nn.ModuleList(made[: layers[0]])
        self.after = nn.ModuleList(made[layers[0] :])
        self.apply(_start)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Packed frames (N, C) -> packed tokens (M, C) and their lengths (B,)."""
        *_, tokens = self.stages(x, lengths)
        return tokens, self.lengths_out(lengths)

    def lengths_out(self, lengths: Tensor) -> Tensor:
        return (lengths + 1) // 2 if self.downsample else lengths

    def stages(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The features with positions (N, C), after the first layers (N, C), pooled (M, C), and at the end (M, C)."""
        embedded = x + sinusoid(packed.positions(lengths).to(x.device), self.width)
        first = self._run(self.before, embedded, lengths)
        pooled, lengths = pool(first, lengths) if self.downsample else (first, lengths)
        return embedded, first, pooled, self._run(self.after, pooled, lengths)

    def _run(self, layers: nn.ModuleList, x: Tensor, lengths: Tensor) -> Tensor:
        cosine, sine = rotation(packed.positions(lengths).to(x.device), self.head_width)
        for layer in layers:
            x = layer(x, lengths, (cosine, sine))
        return x


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
