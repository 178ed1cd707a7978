"""A frozen XGLM layer that watches: adapters and zero-gated cross-attention beside its own weights (MODEL.md 5).

B clips, R = B x beams rows of text, L tokens of text, T tokens of memory, M width, H heads, d = M / H.
Frozen parameters keep transformers' names (``self_attn.q_proj.weight``, ...); what trains has its own: ``lora``,
``cross_lora`` and ``gate`` in ``self_attn``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model.language.language_model import LanguageModelSizes
from sign2gpt.model.lora import LoRA, dropout

Part = TypeVar("Part", bound=nn.Module)


@dataclass(frozen=True)
class LayerMemory:
    """A layer's view of the clips: keys and values (B, H, T, d); ``mask`` (B, 1, 1, T) is true at real tokens.

    ``lengths``, where there is such a list, is told at each look how long what attention adds up to is, squared, at
    each token (R, L): of what heads attended to in their text, and of what they watched of the clips.
    """

    keys: Tensor
    values: Tensor
    mask: Tensor | None
    lengths: list[tuple[Tensor, Tensor]] | None = None

    def join(self, own: Tensor, gated: Tensor) -> Tensor:
        """What heads attended to in their text, and what they watched behind their gates."""
        if self.lengths is not None:
            self.lengths.append((_squared(own), _squared(gated)))
        return own + gated


def _squared(x: Tensor) -> Tensor:
    """Lengths (R, L), squared, of what stands at each token: (R, L, M), or by heads (R, H, L, d)."""
    squares = x.float().square().sum(-1)
    return squares if squares.ndim == 2 else squares.sum(1)


@dataclass(frozen=True)
class Past:
    """A layer's room for keys and values of text, (2, R, H, most, d), filled up to ``length``."""

    store: Tensor
    length: int

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Writes keys and values (R, H, L, d) behind those before them; gives all of them."""
        end = self.length + keys.shape[2]
        self.store[0, :, :, self.length : end] = keys
        self.store[1, :, :, self.length : end] = values
        return self.store[0, :, :, :end], self.store[1, :, :, :end]


@dataclass(frozen=True)
class LoraArgs:
    rank: int
    alpha: float
    dropout: float
    init_std: float

    def make(self, inputs: int, outputs: int, *, torch_start: bool = False) -> LoRA:
        std = None if torch_start else self.init_std
        return LoRA(inputs, outputs, rank=self.rank, alpha=self.alpha, dropout=self.dropout, init_std=std)


class CrossAttention(nn.Module):
    """How text sees its clip, in one layer; a module so that hooks may look on (`looking`).

    Args:
        scale: of the products of queries and keys; None: one over the root of a head's width.
    """

    def __init__(self, scale: float | None = None) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, query: Tensor, seen: LayerMemory) -> Tensor:
        """Queries (R, H, L, d) see the tokens of their clip; a clip's beams share its keys and values."""
        rows, heads, length, d = query.shape
        clips = seen.keys.shape[0]
        query = query.view(clips, -1, heads, length, d).transpose(1, 2).reshape(clips, heads, -1, d)
        watched = F.scaled_dot_product_attention(query, seen.keys, seen.values, seen.mask, scale=self.scale)
        watched = watched.view(clips, heads, -1, length, d)  # (B, H, beams, L, d)
        return watched.transpose(1, 2).reshape(rows, heads, length, d)


class Gated(nn.Module):
    """What reads clips behind a gate for each head, stored as (H,)."""

    gate: nn.Parameter


class GatedAttention(Gated):
    """Self-attention, and behind a gate for each head attention to the clip with the same frozen weights."""

    def __init__(self, sizes: LanguageModelSizes, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        width = sizes.width
        self.heads, self.dropout = sizes.heads, sizes.attention_dropout
        self.k_proj = frozen(nn.Linear, width, width)
        self.v_proj = frozen(nn.Linear, width, width)
        self.q_proj = frozen(nn.Linear, width, width)
        self.out_proj = frozen(nn.Linear, width, width)
        self.lora = nn.ModuleDict({name: lora.make(width, width) for name in ("q", "k", "v", "out")})
        self.cross_lora = nn.ModuleDict({"q": cross_lora.make(width, width)})
        self.cross_lora.update({name: cross_lora.make(width, width, torch_start=True) for name in ("k", "v")})
        self.gate = nn.Parameter(torch.zeros(sizes.heads))
        self.cross_attention = CrossAttention()

    def remember(self, memory: Tensor, mask: Tensor | None) -> LayerMemory:
        """Normalised memory (B, T, M) -> its keys and values."""
        keys = self.cross_lora["k"](memory, self.k_proj(memory))
        values = self.cross_lora["v"](memory, self.v_proj(memory))
        return LayerMemory(self._split(keys), self._split(values), mask)

    def forward(self, x: Tensor, seen: LayerMemory | None, past: Past | None) -> Tensor:
        """Normalised hidden states (R, L, M) -> (R, L, M)."""
        query = self.q_proj(x)
        keys = self._split(self.lora["k"](x, self.k_proj(x)))
        values = self._split(self.lora["v"](x, self.v_proj(x)))
        if past is not None:
            keys, values = past.extend(keys, values)
        attended = self._attend(self._split(self.lora["q"](x, query)), keys, values)  # (R, H, L, d)
        if seen is not None:
            watched = self.cross_attention(self._split(self.cross_lora["q"](x, query)), seen)
            attended = seen.join(attended, open_gate(self.gate).to(attended.dtype)[:, None, None] * watched)
        joined = attended.transpose(1, 2).flatten(2)  # (R, L, M)
        return self.lora["out"](joined, self.out_proj(joined))

    def _attend(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Queries of the last L tokens see themselves and all tokens before them."""
        new, total = query.shape[2], keys.shape[2]
        mask = None
        if 1 < new < total:
            mask = torch.ones(new, total, dtype=torch.bool, device=query.device).tril(total - new)
        dropout = self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(query, keys, values, mask, dropout, is_causal=new == total)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (R, L, M) -> (R, H, L, d)


class GatedLayer(nn.Module):
    """XGLM's pre-norm block; the memory passes the layer's own first norm."""

    def __init__(self, sizes: LanguageModelSizes, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        self.dropout, self.activation_dropout = sizes.dropout, sizes.activation_dropout
        self.self_attn = GatedAttention(sizes, lora, cross_lora)
        self.self_attn_layer_norm = frozen(nn.LayerNorm, sizes.width)
        self.fc1 = frozen(nn.Linear, sizes.width, sizes.mlp)
        self.fc2 = frozen(nn.Linear, sizes.mlp, sizes.width)
        self.final_layer_norm = frozen(nn.LayerNorm, sizes.width)

    def remember(self, memory: Tensor, mask: Tensor | None) -> LayerMemory:
        """Memory (B, T, M) -> its keys and values in this layer."""
        return self.self_attn.remember(self.self_attn_layer_norm(memory), mask)

    def forward(self, x: Tensor, seen: LayerMemory | None, past: Past | None) -> Tensor:
        """Hidden states (R, L, M) -> (R, L, M)."""
        attended = self.self_attn(self.self_attn_layer_norm(x), seen, past)
        x = x + dropout(attended, self.dropout, self.training)
        hidden = dropout(F.gelu(self.fc1(self.final_layer_norm(x))), self.activation_dropout, self.training)
        return x + dropout(self.fc2(hidden), self.dropout, self.training)


def frozen(make: Callable[..., Part], *sizes: int) -> Part:
    """A module without gradients and, until weights are loaded, without memory."""
    with torch.device("meta"):
        return make(*sizes).requires_grad_(False)


def open_gate(gate: Tensor) -> Tensor:
    """clamp(g, 0, 1), the gradient passed straight through: a gate below zero can still open."""
    return gate + (gate.clamp(0, 1) - gate).detach()
