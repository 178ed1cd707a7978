"""Any frozen causal language model of transformers that reads clips and writes text (MODEL.md 5).

R rows of text, L tokens of text, M width. Its modules are the decoder's own, so that weights keep transformers' names;
what trains in each layer stands under ``watching`` in its attention.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Unpack, cast

import torch
from torch import LongTensor, Tensor, nn
from transformers import DynamicCache, PreTrainedModel

from sign2gpt.model.language.attention_parts import find_attention
from sign2gpt.model.language.causal_lm import CausalLMSizes, drawn_model, frozen_model
from sign2gpt.model.language.cross_attention import GatedCrossAttention
from sign2gpt.model.language.decoder import Decoder, DecoderArgs, Memory
from sign2gpt.model.language.gated_layer import LoraArgs

COMPUTED = re.compile(r"\.rotary_emb\.inv_freq$|\.attn\.(masked_)?bias$")
"""Frequencies and GPT-2's causal masks, which old files hold beside the weights."""


class TextCache:
    """transformers' own cache of keys and values."""

    def __init__(self, store: DynamicCache) -> None:
        self.store = store

    @property
    def length(self) -> int:
        return self.store.get_seq_length()

    def reorder(self, rows: Tensor) -> None:
        self.store.reorder_cache(cast(LongTensor, rows))


class GatedCausalLM(Decoder):
    """The frozen language model with all that is added to it.

    Raises:
        UserError: not every layer has an attention that can watch.
    """

    sizes: CausalLMSizes
    added = frozenset({"watching"})

    def __init__(
        self, sizes: CausalLMSizes, *, lora: LoraArgs, cross_lora: LoraArgs, **args: Unpack[DecoderArgs]
    ) -> None:
        model = frozen_model(sizes)
        found = find_attention(model, sizes.layers, sizes.width)
        watching = [GatedCrossAttention(parts, lora, cross_lora) for parts in found]
        for parts, beside in zip(found, watching, strict=True):
            parts.module.add_module("watching", beside)
        modules, tied = dict(model.named_children()), model.config.tie_word_embeddings
        head = next(name for name, module in modules.items() if module is model.get_output_embeddings())
        base = next(name for name in modules if name != head)
        if tied:
            del modules[head]
        super().__init__(sizes, modules, **args)
        self.base_name, self.head_name, self.tied = base, head, tied
        self.soft_cap = getattr(model.config, "final_logit_softcapping", None)
        self.embedding.padding_idx = None  # it would keep gradients from the new token of that number

    @property
    def base(self) -> PreTrainedModel:
        """All but the output layer."""
        return cast(PreTrainedModel, self.get_submodule(self.base_name))

    @property
    def embedding(self) -> nn.Embedding:
        return cast(nn.Embedding, self.base.get_input_embeddings())

    def layers(self) -> list[GatedCrossAttention]:
        return [module for module in self.base.modules() if isinstance(module, GatedCrossAttention)]

    def own(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Old files leave the base model's name out; a tied output layer may be there or not."""
        names, within = set(self.frozen_names), f"{self.base_name}."
        called = {within + name if within + name in names else name: value for name, value in weights.items()}
        known = {name: value for name, value in called.items() if name in names or not COMPUTED.search(name)}
        if self.tied:
            known.pop(f"{self.head_name}.weight", None)
        return known

    def draw_language_model(self) -> None:
        drawn = drawn_model(self.sizes).state_dict()
        self.load_language_model({name: drawn[name] for name in self.frozen_names}, "random weights")

    def cache(self, rows: int, most: int) -> TextCache:
        return TextCache(DynamicCache(config=self.base.config))

    def hidden(self, input_ids: Tensor, memory: Memory | None, cache: TextCache | None = None) -> Tensor:
        store = None if cache is None else cache.store
        self._show(memory)
        found = self.base(inputs_embeds=self.embed(input_ids), past_key_values=store, use_cache=store is not None)
        self._show(None)
        return found.last_hidden_state

    def output(self, x: Tensor) -> Tensor:
        logits = super().output(x) if self.tied else self.get_submodule(self.head_name)(x)
        return logits if self.soft_cap is None else self.soft_cap * torch.tanh(logits / self.soft_cap)

    def _show(self, memory: Memory | None) -> None:
        """Lets each layer see its keys and values of the clips, or nothing."""
        for number, watching in enumerate(self.layers()):
            watching.seen = memory[number] if memory else None
