"""A frozen XGLM that reads clips and writes text (MODEL.md 5).

B clips, R = B x beams rows of text, L tokens of text, T tokens of memory, C width of the features, M width.
Frozen parameters keep transformers' names (``model.layers.0.self_attn.q_proj.weight``, ...); besides what trains in
each layer there are ``memory`` and ``new_tokens``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model import packed
from sign2gpt.model.config import Positions
from sign2gpt.model.gated_layer import GatedLayer, LoraArgs, Past, Seen, frozen
from sign2gpt.model.language_model import LanguageModelSizes
from sign2gpt.model.memory import MemoryProjection
from sign2gpt.model.positions import xglm_sinusoid
from sign2gpt.model.weights import load_exactly

Memory = list[Seen]  # what each layer keeps of the clips, computed once
ADDED = (".lora.", ".cross_lora.", ".gate")
DRAWN_STD = 0.02


class Cache:
    """Keys and values of the text so far, one block for all layers: (layers, 2, R, H, most, d)."""

    def __init__(self, sizes: LanguageModelSizes, rows: int, most: int, device: torch.device) -> None:
        shape = (sizes.layers, 2, rows, sizes.heads, most, sizes.width // sizes.heads)
        self.store = torch.zeros(shape, device=device)
        self.length = 0

    def layer(self, number: int) -> Past:
        return Past(self.store[number], self.length)

    def reorder(self, rows: Tensor) -> None:
        """Row i goes on from what was row ``rows[i]``."""
        self.store[:, :, :, :, : self.length] = self.store[:, :, rows, :, : self.length]


class GatedXGLM(nn.Module):
    """The layers under transformers' names."""

    def __init__(self, sizes: LanguageModelSizes, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        self.embed_tokens = frozen(nn.Embedding, sizes.vocabulary, sizes.width)
        self.layers = nn.ModuleList(GatedLayer(sizes, lora, cross_lora) for _ in range(sizes.layers))
        self.layer_norm = frozen(nn.LayerNorm, sizes.width)


class GatedDecoder(nn.Module):
    """The frozen language model with all that is added to it; it has no weights before they are loaded or drawn.

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
        names = [f"model.{name}" for name, _ in self.model.named_parameters()]
        return [name for name in names if not any(part in name for part in ADDED)]

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
        weights = {name: torch.zeros(self.get_parameter(name).shape) for name in self.frozen_names}
        for name, value in weights.items():
            if name.endswith("layer_norm.weight"):
                nn.init.ones_(value)
            elif not name.endswith("bias"):
                nn.init.normal_(value, std=DRAWN_STD)
        self.load_language_model(weights, "random weights")

    def remember(self, z: Tensor, lengths: Tensor) -> Memory:
        """Packed features (sum of T, C) and lengths (B,) -> what every layer keeps of the clips."""
        return self.keep(self.memory(packed.pad(z, lengths)), lengths)

    def keep(self, memory: Tensor, lengths: Tensor) -> Memory:
        """Padded memory (B, T, M) and lengths (B,) -> each layer's keys and values."""
        equal = bool((lengths == memory.shape[1]).all())
        mask = None if equal else packed.mask(lengths, memory.device)[:, None, None]
        return [layer.remember(memory, mask) for layer in self._layers()]

    def cache(self, rows: int, most: int) -> Cache:
        """An empty cache for ``rows`` texts of at most ``most`` ids."""
        return Cache(self.sizes, rows, most, self.device)

    def forward(self, input_ids: Tensor, memory: Memory | None, cache: Cache | None = None) -> Tensor:
        """Logits (R, L, vocabulary) of the ids that follow ``input_ids`` (R, L); see `hidden`."""
        return self.predict(self.hidden(input_ids, memory, cache))

    def hidden(self, input_ids: Tensor, memory: Memory | None, cache: Cache | None = None) -> Tensor:
        """States (R, L, M) from which `predict` makes the logits.

        Args:
            memory: of B clips, R a multiple of B, a clip's rows side by side; None shuts the gates: no video.
            cache: holds the tokens before these, and takes these in.
        """
        start = 0 if cache is None else cache.length
        place = torch.arange(start, start + input_ids.shape[1], device=input_ids.device)
        x = self.embed(input_ids) * math.sqrt(self.sizes.width) + xglm_sinusoid(place, self.sizes.width)
        x = F.dropout(x, self.sizes.dropout, self.training)
        for number, layer in enumerate(self._layers()):
            x = layer(x, memory[number] if memory else None, cache.layer(number) if cache else None)
        if cache is not None:
            cache.length += input_ids.shape[1]
        return self.model.layer_norm(x)

    def embed(self, ids: Tensor) -> Tensor:
        """Rows of the embedding (R, L, M); ids after the language model's vocabulary take the new, trainable ones."""
        if self.new_tokens is None:
            return self.model.embed_tokens(ids)
        new = ids >= self.sizes.vocabulary
        rows = F.embedding((ids - self.sizes.vocabulary).clamp(min=0), self.new_tokens)
        return torch.where(new[..., None], rows, self.model.embed_tokens(ids.masked_fill(new, 0)))

    def predict(self, x: Tensor) -> Tensor:
        """Hidden states (R, L, M) -> logits (R, L, vocabulary and new tokens): the embedding is the output layer."""
        logits = F.linear(x, self.model.embed_tokens.weight)
        return logits if self.new_tokens is None else torch.cat((logits, F.linear(x, self.new_tokens)), -1)

    def _layers(self) -> Iterable[GatedLayer]:
        return cast(Iterable[GatedLayer], self.model.layers)
