"""What a decoder looks at: how far its gates are open, and which tokens of a clip each id comes from (MODEL.md 5).

L tokens of text, T tokens of memory, H heads, C width of the features.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from sign2gpt.model.language.decoder import Decoder, Memory
from sign2gpt.model.language.gated_layer import CrossAttention, LayerMemory

DIGITS = 4


def gates(decoder: Decoder) -> list[list[float]]:
    """How far each head's gate is open, 0..1: a list for each layer, first to last."""
    stored = (decoder.get_parameter(name) for name in decoder.gate_names)
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
    with _observed(decoder) as layers:
        decoder.hidden(input_ids, decoder.remember(z, torch.tensor([len(z)])))
    pairs = zip(layers, opened, strict=True)
    weighed = [torch.einsum("hlt,h->lt", heads, heads.new_tensor(gate)) for heads, gate in pairs]
    return torch.stack(weighed).sum(0).cpu() / total


@contextmanager
def _observed(decoder: Decoder) -> Generator[list[Tensor]]:
    """Fills a list with each layer's weights (H, L, T) of one clip's one text while the decoder reads it."""
    layers: list[Tensor] = []
    watches = [module for module in decoder.modules() if isinstance(module, CrossAttention)]
    hooks = [watch.register_forward_pre_hook(partial(_weights, layers)) for watch in watches]
    try:
        yield layers
    finally:
        for hook in hooks:
            hook.remove()


def _weights(layers: list[Tensor], watch: CrossAttention, args: tuple[Tensor, LayerMemory]) -> None:
    query, seen = args
    scale = query.shape[-1] ** -0.5 if watch.scale is None else watch.scale
    layers.append((scale * query[0].float() @ seen.keys[0].float().transpose(1, 2)).softmax(-1))


def attention_lengths(decoder: Decoder, memory: Memory, texts: Sequence[list[int]]) -> list[float]:
    """How much of what the decoder's attention adds up to comes from the clip: its length as a share, mean over layers.

    Args:
        memory: of B clips.
        texts: the ids that were written of each.
    """
    measured = [replace(layer, lengths=[]) for layer in memory]
    rows = [torch.tensor([decoder.start_id, *ids]) for ids in texts]
    ids = pad_sequence(rows, True, decoder.end_id).to(decoder.device)
    decoder.hidden(ids, measured)  # no text sees what follows it
    real = pad_sequence([torch.ones(len(row)) for row in rows], True).to(decoder.device)
    layers = [[_length(part, real) for part in lengths] for layer in measured for lengths in layer.lengths or []]
    return torch.stack([clips / (text + clips) for text, clips in layers]).mean(0).tolist()


def _length(squares: Tensor, real: Tensor) -> Tensor:
    """Of all tokens together: squares (B, L) -> (B,)."""
    return (squares * real).sum(1).sqrt()
