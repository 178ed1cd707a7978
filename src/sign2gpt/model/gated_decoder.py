"""A frozen XGLM that watches: adapters and zero-gated cross-attention beside its own layers (MODEL.md 5).

B clips, R = B x beams rows of text, L tokens of text, T tokens of memory, M width, H heads, d = M / H.
Frozen parameters keep transformers' names (``model.layers.0.self_attn.q_proj.weight``, ...); what trains has its own:
``lora``, ``cross_lora`` and ``gate`` in each layer's ``self_attn``, ``memory`` and ``new_tokens`` at the top.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model import packed
from sign2gpt.model.language_model import LanguageModelSizes
from sign2gpt.model.lora import LoRA
from sign2gpt.model.memory import MemoryProjection, Positions
from sign2gpt.model.positions import xglm_sinusoid
from sign2gpt.model.weights import load_exactly

Part = TypeVar("Part", bound=nn.Module)
Heads = tuple[Tensor, Tensor]  # keys and values, each (B, H, T, d)


@dataclass(frozen=True)
class Memory:
    """What each layer keeps of the clips: keys and values (B, H, T, d), and which tokens are real (None: all)."""

    layers: list[Heads]
    mask: Tensor | None

    @property
    def clips(self) -> int:
        return self.layers[0][0].shape[0]


class Cache:
    """Keys and values of the text so far, one block of memory for all layers: (layers, 2, R, H, most, d)."""

    def __init__(self, decoder: GatedDecoder, rows: int, most: int, dtype: torch.dtype = torch.float32) -> None:
        sizes = decoder.sizes
        shape = (sizes.layers, 2, rows, sizes.heads, most, sizes.width // sizes.heads)
        self.store = torch.zeros(shape, device=decoder.device, dtype=dtype)
        self.length = 0

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> Heads:
        """Writes keys and values (R, H, L, d) after those of the ``length`` tokens before; gives all of them."""
        end = self.length + keys.shape[2]
        self.store[layer, 0, :, :, self.length : end] = keys
        self.store[layer, 1, :, :, self.length : end] = values
        return self.store[layer, 0, :, :, :end], self.store[layer, 1, :, :, :end]

    def reorder(self, rows: Tensor) -> None:
        """Row i goes on from what was row ``rows[i]``."""
        self.store[:, :, :, :, : self.length] = self.store[:, :, rows, :, : self.length]


@dataclass(frozen=True)
class LoraArgs:
    rank: int
    alpha: float
    dropout: float
    init_std: float

    def make(self, width: int, *, torch_start: bool = False) -> LoRA:
        std = None if torch_start else self.init_std
        return LoRA(width, width, rank=self.rank, alpha=self.alpha, dropout=self.dropout, init_std=std)


class GatedAttention(nn.Module):
    """Self-attention, and behind a gate for each head attention to the clip with the same frozen weights."""

    def __init__(self, sizes: LanguageModelSizes, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        width = sizes.width
        self.heads, self.dropout = sizes.heads, sizes.attention_dropout
        self.k_proj = frozen(nn.Linear, width, width)
        self.v_proj = frozen(nn.Linear, width, width)
        self.q_proj = frozen(nn.Linear, width, width)
        self.out_proj = frozen(nn.Linear, width, width)
        self.lora = nn.ModuleDict({name: lora.make(width) for name in ("q", "k", "v", "out")})
        self.cross_lora = nn.ModuleDict({"q": cross_lora.make(width)})
        self.cross_lora.update({name: cross_lora.make(width, torch_start=True) for name in ("k", "v")})
        self.gate = nn.Parameter(torch.zeros(sizes.heads))

    def remember(self, memory: Tensor) -> Heads:
        """Normalised memory (B, T, M) -> keys and values (B, H, T, d)."""
        keys = self.k_proj(memory) + self.cross_lora["k"](memory)
        values = self.v_proj(memory) + self.cross_lora["v"](memory)
        return self._split(keys), self._split(values)

    def forward(self, x: Tensor, heads: Heads | None, mask: Tensor | None, cache: Cache | None, layer: int) -> Tensor:
        """Normalised hidden states (R, L, M) -> (R, L, M)."""
        query = self.q_proj(x)
        keys = self._split(self.k_proj(x) + self.lora["k"](x))
        values = self._split(self.v_proj(x) + self.lora["v"](x))
        if cache is not None:
            keys, values = cache.extend(layer, keys, values)
        attended = self._attend(self._split(query + self.lora["q"](x)), keys, values)  # (R, H, L, d)
        if heads is not None:
            gate = open_gate(self.gate).to(attended.dtype)
            attended = attended + gate[:, None, None] * self._watch(
                self._split(query + self.cross_lora["q"](x)), heads, mask
            )
        joined = attended.transpose(1, 2).flatten(2)  # (R, L, M)
        return self.out_proj(joined) + self.lora["out"](joined)

    def _attend(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        new, all_ = query.shape[2], keys.shape[2]
        mask = None
        if 1 < new < all_:
            mask = torch.ones(new, all_, dtype=torch.bool, device=query.device).tril(all_ - new)
        dropout = self.dropout if self.training else 0.0
        return F.scaled_dot_product_attention(query, keys, values, mask, dropout, is_causal=1 < new == all_)

    def _watch(self, query: Tensor, heads: Heads, mask: Tensor | None) -> Tensor:
        """Queries (R, H, L, d) see the tokens of their clip; a clip's beams share its keys and values."""
        keys, values = heads
        rows, count, length, d = query.shape
        clips = keys.shape[0]
        query = query.view(clips, -1, count, length, d).transpose(1, 2).reshape(clips, count, -1, d)
        seen = F.scaled_dot_product_attention(query, keys, values, mask)  # (B, H, beams x L, d)
        return seen.view(clips, count, -1, length, d).transpose(1, 2).reshape(rows, count, length, d)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (R, L, M) -> (R, H, L, d)


class Layer(nn.Module):
    """XGLM's pre-norm block; the memory passes the layer's own first norm."""

    def __init__(self, sizes: LanguageModelSizes, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        self.dropout, self.activation_dropout = sizes.dropout, sizes.activation_dropout
        self.self_attn = GatedAttention(sizes, lora, cross_lora)
        self.self_attn_layer_norm = frozen(nn.LayerNorm, sizes.width)
        self.fc1 = frozen(nn.Linear, sizes.width, sizes.mlp)
        self.fc2 = frozen(nn.Linear, sizes.mlp, sizes.width)
        self.final_layer_norm = frozen(nn.LayerNorm, sizes.width)

    def remember(self, memory: Tensor) -> Heads:
        return self.self_attn.remember(self.self_attn_layer_norm(memory))

    def forward(self, x: Tensor, heads: Heads | None, mask: Tensor | None, cache: Cache | None, layer: int) -> Tensor:
        attended = self.self_attn(self.self_attn_layer_norm(x), heads, mask, cache, layer)
        x = x + F.dropout(attended, self.dropout, self.training)
        hidden = F.dropout(F.gelu(self.fc1(self.final_layer_norm(x))), self.activation_dropout, self.training)
        return x + F.dropout(self.fc2(hidden), self.dropout, self.training)


class GatedXGLM(nn.Module):
    """The layers under transformers' names."""

    def __init__(self, sizes: LanguageModelSizes, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        self.embed_tokens = frozen(nn.Embedding, sizes.vocabulary, sizes.width)
        self.layers = nn.ModuleList(Layer(sizes, lora, cross_lora) for _ in range(sizes.layers))
        self.layer_norm = frozen(nn.LayerNorm, sizes.width)


class GatedDecoder(nn.Module):
    """The frozen language model with all that is added to it.

    Args:
        features: C, width of the sign encoder's features.
        memory_positions: none, zeros, random or sinusoidal; the learnable ones have ``memory_tokens`` rows.
        start_id, end_id: what every text starts with, and what ends it.
        new_tokens: tokens after the language model's vocabulary; only their rows train.
    """

    def __init__(
        self,
        sizes: LanguageModelSizes,
        *,
        features: int,
        lora: LoraArgs,
        cross_lora: LoraArgs,
        memory_positions: Positions,
        memory_tokens: int,
        start_id: int,
        end_id: int,
        new_tokens: int = 0,
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.start_id, self.end_id = start_id, end_id
        self.model = GatedXGLM(sizes, lora, cross_lora)
        self.memory = MemoryProjection(features, sizes.width, memory_positions, memory_tokens)
        self.new_tokens = nn.Parameter(torch.zeros(new_tokens, sizes.width)) if new_tokens else None

    @property
    def device(self) -> torch.device:
        return self.model.embed_tokens.weight.device

    @property
    def frozen_names(self) -> list[str]:
        """The language model's own weights, under transformers' names."""
        added = (".lora.", ".cross_lora.", ".gate")
        return [f"model.{name}" for name, _ in self.model.named_parameters() if not any(part in name for part in added)]

    def load_language_model(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Takes the frozen weights in; new tokens start at the mean of the known ones.

        Raises:
            UserError: they are not this language model's.
        """
        trained = set(self.state_dict()) - set(self.frozen_names)
        load_exactly(self, weights, where, optional=trained.__contains__)
        if self.new_tokens is not None:
            self.new_tokens.data.copy_(self.model.embed_tokens.weight.mean(0).expand_as(self.new_tokens))

    def draw_language_model(self) -> None:
        """Random weights in place of a trained language model's, as transformers starts one."""
        drawn = {name: torch.empty(self.get_parameter(name).shape) for name in self.frozen_names}
        for name, value in drawn.items():
            norm = "layer_norm" in name and name.endswith("weight")
            nn.init.ones_(value) if norm else nn.init.zeros_(value) if "bias" in name else value.normal_(std=0.02)
        self.load_language_model(drawn, "random weights")

    def remember(self, z: Tensor, lengths: Tensor) -> Memory:
        """Packed features (sum of T, C) and lengths (B,) -> what every layer keeps of the clips, computed once."""
        return self.keep(self.memory(packed.pad(z, lengths)), lengths)

    def keep(self, memory: Tensor, lengths: Tensor) -> Memory:
        """Padded memory (B, T, M) and lengths (B,) -> each layer's keys and values."""
        equal = bool((lengths == memory.shape[1]).all())
        mask = None if equal else packed.mask(lengths, memory.device)[:, None, None]
        return Memory([layer.remember(memory) for layer in self.model.layers], mask)

    def forward(self, input_ids: Tensor, memory: Memory | None, cache: Cache | None = None) -> Tensor:
        """Logits (R, L, vocabulary) of the ids that follow ``input_ids`` (R, L).

        Args:
            memory: of B clips, R a multiple of B, a clip's rows side by side; None shuts the gates: no video.
            cache: holds the tokens before these, and takes these in.
        """
        offset = 0 if cache is None else cache.length
        x = self.embed(input_ids) * math.sqrt(self.sizes.width)
        x = x + xglm_sinusoid(torch.arange(offset, offset + input_ids.shape[1], device=x.device), self.sizes.width)
        x = F.dropout(x, self.sizes.dropout, self.training)
        for number, layer in enumerate(self.model.layers):
            heads, mask = (memory.layers[number], memory.mask) if memory else (None, None)
            x = layer(x, heads, mask, cache, number)
        if cache is not None:
            cache.length += input_ids.shape[1]
        return self.predict(self.model.layer_norm(x))

    def embed(self, ids: Tensor) -> Tensor:
        """Rows of the embedding; ids past the language model's vocabulary take the new, trainable ones."""
        frozen = self.model.embed_tokens
        if self.new_tokens is None:
            return frozen(ids)
        new = ids >= self.sizes.vocabulary
        rows = F.embedding((ids - self.sizes.vocabulary).clamp(min=0), self.new_tokens)
        return torch.where(new[..., None], rows, frozen(ids.masked_fill(new, 0)))

    def predict(self, x: Tensor) -> Tensor:
        logits = F.linear(x, self.model.embed_tokens.weight)
        return logits if self.new_tokens is None else torch.cat((logits, F.linear(x, self.new_tokens)), -1)


def frozen(make: Callable[..., Part], *sizes: int) -> Part:
    """A layer without gradients and, until weights are loaded, without memory."""
    with torch.device("meta"):
        return make(*sizes).requires_grad_(False)


def open_gate(gate: Tensor) -> Tensor:
    """clamp(g, 0, 1), the gradient passed straight through: a gate below zero can still open."""
    return gate + (gate.clamp(0, 1) - gate).detach()
