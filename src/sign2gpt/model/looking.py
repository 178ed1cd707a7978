"""What a decoder looks at: how far its gates are open, and which tokens of a clip each id comes from (MODEL.md 5).

L tokens of text, T tokens of memory, H heads, C width of the features.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from sign2gpt.model.decoder import Decoder
from sign2gpt.model.gated_layer import Seen, Watch

DIGITS = 4


def gates(model: nn.Module) -> list[list[float]]:
    """How far each head's gate is open, 0..1: a list for each layer, first to last; empty where nothing has gates."""
    stored = (value for name, value in model.named_parameters() if name.rpartition(".")[2] == "gate")
    return [[round(gate, DIGITS) for gate in value.detach().float().clamp(0, 1).tolist()] for value in stored]


@torch.inference_mode()
def cross_attention(decoder: Decoder, z: Tensor, input_ids: Tensor) -> Tensor | None:
    """Where in a clip the decoder looks to write the id that follows each of ``input_ids``.

    The weights of all layers' heads, averaged by how far the head's gate is open: a shut one adds nothing to the text.

    Args:
        z: (T, C), the clip's features.
        input_ids: (1, L), the text from its start on.

    Returns:
        (L, T) on the CPU, each row sums to 1; None where every gate is shut.
    """
    opened = gates(decoder)
    total = sum(map(sum, opened))
    if total == 0:
        return None
    with _watched(decoder) as layers:
        decoder.hidden(input_ids, decoder.remember(z, torch.tensor([len(z)])))
    pairs = zip(layers, opened, strict=True)
    weighed = [torch.einsum("hlt,h->lt", heads, heads.new_tensor(gate)) for heads, gate in pairs]
    return torch.stack(weighed).sum(0).cpu() / total


@contextmanager
def _watched(decoder: Decoder) -> Generator[list[Tensor]]:
    """Fills a list with each layer's weights (H, L, T) of one clip's one text while the decoder reads it."""
    layers: list[Tensor] = []
    watches = [module for module in decoder.modules() if isinstance(module, Watch)]
    hooks = [watch.register_forward_pre_hook(partial(_weights, layers)) for watch in watches]
    try:
        yield layers
    finally:
        for hook in hooks:
            hook.remove()


def _weights(layers: list[Tensor], watch: Watch, args: tuple[Tensor, Seen]) -> None:
    query, seen = args
    scale = query.shape[-1] ** -0.5 if watch.scale is None else watch.scale
    layers.append((scale * query[0].float() @ seen.keys[0].float().transpose(1, 2)).softmax(-1))
