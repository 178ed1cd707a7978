"""A frozen XGLM that reads clips and writes text (MODEL.md 5).

B clips, R = B x beams rows of text, L tokens of text, T tokens of memory, C width of the features, M width.
Frozen parameters keep transformers' names (``model.layers.0.self_attn.q_proj.weight``, ...); besides what trains in
each layer there are ``memory`` and ``new_tokens``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Unpack, cast

import torch
from torch import Tensor, nn

from sign2gpt.model.language.decoder import Decoder, DecoderArgs, Memory
from sign2gpt.model.language.gated_layer import GatedLayer, LoraArgs, Past, frozen
from sign2gpt.model.language.language_model import LanguageModelSizes
from sign2gpt.model.language.memory import xglm_sinusoid
from sign2gpt.model.lora import dropout

DERIVED = ("lm_head.weight", "model.embed_positions.weights")  # tied to the embedding; computed
DRAWN_STD = 0.02
FEW_ROWS = range(2, 5)
LARGE = 2**24


class KeyValueCache:
    """Keys and values of the text so far, one block for all layers: (layers, 2, R, H, most, d)."""

    def __init__(self, sizes: LanguageModelSizes, rows: int, most: int, device: torch.device) -> None:
        shape = (sizes.layers, 2, rows, sizes.heads, most, sizes.width // sizes.heads)
        self.store = torch.zeros(shape, device=device)
        self.length = 0

    def layer(self, number: int) -> Past:
        return Past(self.store[number], self.length)

    def reorder(self, rows: Tensor) -> None:
        """Row i goes on from what was row ``rows[i]``; rows behind the last of ``rows`` end.

        Args:
            rows: (R',) int64 on the CPU, R' at most R. Only what moves is copied, of the tokens that are there.
        """
        moved = (rows != torch.arange(len(rows))).nonzero()[:, 0]
        if len(moved):
            to, come = (part.to(self.store.device, non_blocking=True) for part in (moved, rows[moved]))
            live = self.store[:, :, :, :, : self.length]
            live[:, :, to] = live[:, :, come]
        self.store = self.store[:, :, : len(rows)]


class GatedXGLM(nn.Module):
    """The layers under transformers' names."""

    def __init__(self, sizes: LanguageModelSizes, lora: LoraArgs, cross_lora: LoraArgs) -> None:
        super().__init__()
        rows = torch.empty(sizes.vocabulary, sizes.width, device="meta")  # drawing them there would import a compiler
        self.embed_tokens = nn.Embedding.from_pretrained(rows)
        self.layers = nn.ModuleList(GatedLayer(sizes, lora, cross_lora) for _ in range(sizes.layers))
        self.layer_norm = frozen(nn.LayerNorm, sizes.width)


class GatedDecoder(Decoder):
    """The frozen XGLM with all that is added to it."""

    sizes: LanguageModelSizes
    model: GatedXGLM
    added = frozenset({"lora", "cross_lora", "gate"})

    def __init__(
        self, sizes: LanguageModelSizes, *, lora: LoraArgs, cross_lora: LoraArgs, **args: Unpack[DecoderArgs]
    ) -> None:
        super().__init__(sizes, {"model": GatedXGLM(sizes, lora, cross_lora)}, **args)

    @property
    def embedding(self) -> nn.Embedding:
        return self.model.embed_tokens

    def layers(self) -> Iterable[GatedLayer]:
        return cast(Iterable[GatedLayer], self.model.layers)

    def own(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: value for name, value in weights.items() if name not in DERIVED}

    def draw_language_model(self) -> None:
        weights = {name: torch.zeros(self.get_parameter(name).shape) for name in self.frozen_names}
        for name, value in weights.items():
            if name.endswith("layer_norm.weight"):
                nn.init.ones_(value)
            elif not name.endswith("bias"):
                nn.init.normal_(value, std=DRAWN_STD)
        self.load_language_model(weights, "random weights")

    def output(self, x: Tensor) -> Tensor:
        """As any decoder's, but on a CPU few rows go as columns: a large matrix is then read once, not once a row."""
        rows, weight = x.shape[:-1], self.embedding.weight
        if x.requires_grad or not x.is_cpu or rows.numel() not in FEW_ROWS or weight.numel() < LARGE:
            return super().output(x)
        return (weight @ x.reshape(-1, x.shape[-1]).T).T.view(*rows, -1)

    def cache(self, rows: int, most: int) -> KeyValueCache:
        return KeyValueCache(self.sizes, rows, most, self.device)

    def hidden(self, input_ids: Tensor, memory: Memory | None, cache: KeyValueCache | None = None) -> Tensor:
        start = 0 if cache is None else cache.length
        place = torch.arange(start, start + input_ids.shape[1], device=input_ids.device)
        x = self.embed(input_ids) * math.sqrt(self.sizes.width) + xglm_sinusoid(place, self.sizes.width)
        x = dropout(x, self.sizes.dropout, self.training)
        for number, layer in enumerate(self.layers()):
            x = layer(x, memory[number] if memory else None, cache.layer(number) if cache else None)
        if cache is not None:
            cache.length += input_ids.shape[1]
        return self.model.layer_norm(x)
