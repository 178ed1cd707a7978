"""What every decoder is: a frozen language model under transformers' names, memory of clips, rows of new tokens.

B clips, R = B x beams rows of text, L tokens of text, T tokens of memory, C width of the features, M width.
Which layers it has, and how they watch, its subclasses know (MODEL.md 5): `GatedDecoder` is XGLM, `GatedCausalLM` any
other causal language model of transformers.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar, NotRequired, Protocol, TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from sign2gpt.model import packed
from sign2gpt.model.config import Positions
from sign2gpt.model.language.gated_layer import Gated, LayerMemory
from sign2gpt.model.language.language_model import Sizes
from sign2gpt.model.language.memory import MemoryProjection
from sign2gpt.model.weights import load_exactly

Memory = list[LayerMemory]  # what each layer keeps of the clips, computed once
BESIDE = ("memory.", "new_tokens")


class Cache(Protocol):
    """What a decoder keeps of the text so far."""

    @property
    def length(self) -> int:
        """Tokens of text in it."""
        ...

    def reorder(self, rows: Tensor) -> None:
        """Row i goes on from what was row ``rows[i]``; rows behind the last of ``rows`` end."""
        ...


class Remembers(Protocol):
    """A layer, or the part of it that watches."""

    def remember(self, memory: Tensor, mask: Tensor | None) -> LayerMemory:
        """Memory (B, T, M) -> its keys and values in this layer."""
        ...


class DecoderArgs(TypedDict):
    """What a decoder is told beside its language model's sizes and adapters.

    ``features`` is C, ``memory_positions`` none, zeros, random or sinusoidal; the learnable ones have ``memory_tokens``
    rows. A text starts with ``start_id`` and ends with ``end_id``. ``new_tokens`` come after the language model's
    vocabulary; only their rows train.
    """

    features: int
    memory_positions: Positions
    memory_tokens: int
    start_id: int
    end_id: int
    new_tokens: NotRequired[int]


class Decoder(nn.Module):
    """The language model has no weights before they are loaded or drawn.

    Args:
        language_model: its modules, under the names by which transformers holds them.
    """

    added: ClassVar[frozenset[str]]
    """Parts of a dotted name that tell what trains inside the language model."""

    def __init__(
        self,
        sizes: Sizes,
        language_model: Mapping[str, nn.Module],
        *,
        features: int,
        memory_positions: Positions,
        memory_tokens: int,
        start_id: int,
        end_id: int,
        new_tokens: int = 0,
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.start_id, self.end_id = start_id, end_id
        for name, module in language_model.items():
            self.add_module(name, module)
        self.memory = MemoryProjection(features, sizes.width, memory_positions, memory_tokens)
        self.new_tokens = nn.Parameter(torch.zeros(new_tokens, sizes.width)) if new_tokens else None

    @property
    def device(self) -> torch.device:
        return self.embedding.weight.device

    @property
    def frozen_names(self) -> list[str]:
        """The language model's own weights, under transformers' names."""
        names = [name for name, _ in self.named_parameters() if not name.startswith(BESIDE)]
        return [name for name in names if self.added.isdisjoint(name.split("."))]

    @property
    def gate_names(self) -> list[str]:
        """The names of the gates of its cross-attention, a vector per layer, first to last."""
        return [f"{name}.gate" for name, module in self.named_modules() if isinstance(module, Gated)]

    def load_language_model(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Takes the frozen weights in; new tokens start at the mean of the known ones.

        Raises:
            UserError: they are not this language model's.
        """
        trained = set(self.state_dict()) - set(self.frozen_names)
        load_exactly(self, self.own(weights), where, optional=trained.__contains__)
        if self.new_tokens is not None:
            self.new_tokens.data.copy_(self.embedding.weight.mean(0).expand_as(self.new_tokens))

    def remember(self, z: Tensor, lengths: Tensor) -> Memory:
        """Packed features (sum of T, C) and lengths (B,) -> what every layer keeps of the clips."""
        return self.keep(self.memory(packed.pad(z, lengths)), lengths)

    def keep(self, memory: Tensor, lengths: Tensor) -> Memory:
        """Padded memory (B, T, M) and lengths (B,) -> each layer's keys and values."""
        equal = bool((lengths == memory.shape[1]).all())
        mask = None if equal else packed.mask(lengths, memory.device)[:, None, None]
        return [layer.remember(memory, mask) for layer in self.layers()]

    def forward(self, input_ids: Tensor, memory: Memory | None, cache: Cache | None = None) -> Tensor:
        """Logits (R, L, vocabulary) of the ids that follow ``input_ids`` (R, L); arguments as those of `hidden`."""
        return self.predict(self.hidden(input_ids, memory, cache))

    def embed(self, ids: Tensor) -> Tensor:
        """Rows of the embedding (R, L, M); ids after the language model's vocabulary take the new, trainable ones."""
        if self.new_tokens is None:
            return self.embedding(ids)
        new = ids >= self.sizes.vocabulary
        place = (ids - self.sizes.vocabulary).clamp(min=0)
        rows = functional_call(self.embedding, {"weight": self.new_tokens}, place)
        return torch.where(new[..., None], rows, self.embedding(ids.masked_fill(new, 0)))

    def predict(self, x: Tensor) -> Tensor:
        """Hidden states (R, L, M) -> logits (R, L, vocabulary and new tokens); new tokens' are products alone."""
        logits = self.output(x)
        return logits if self.new_tokens is None else torch.cat((logits, F.linear(x, self.new_tokens)), -1)

    def output(self, x: Tensor) -> Tensor:
        """Hidden states (R, L, M) -> logits of the language model's own words: here the embedding is the output."""
        return F.linear(x, self.embedding.weight)

    @property
    @abstractmethod
    def embedding(self) -> nn.Embedding:
        """The language model's token embedding."""

    @abstractmethod
    def layers(self) -> Iterable[Remembers]:
        """What remembers in each layer, from the first to the last."""

    @abstractmethod
    def own(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Stored weights under our names, without those that are tied or computed."""

    @abstractmethod
    def draw_language_model(self) -> None:
        """Random weights in place of a trained language model's, as transformers starts one."""

    @abstractmethod
    def cache(self, rows: int, most: int) -> Cache:
        """An empty cache for ``rows`` texts of at most ``most`` ids."""

    @abstractmethod
    def hidden(self, input_ids: Tensor, memory: Memory | None, cache: Cache | None = None) -> Tensor:
        """Hidden states (R, L, M) after the last norm.

        Args:
            memory: of B clips, R a multiple of B, a clip's rows side by side; None shuts the gates: no video.
            cache: made by `cache`; holds the tokens before these, and takes these in.
        """
