"""The same computed the plain way: every clip padded to 512 tokens and more, dense masks, all logits at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model import packed
from sign2gpt.model.encoders.local_attention import LocalAttention
from sign2gpt.model.frontends.spatial import SpatialEncoder
from sign2gpt.model.language.memory import rotate, rotation, sinusoid
from sign2gpt.model.language.tokenizer import IGNORED
from sign2gpt.systems.sign2gpt.sign_encoder import Layer, SignEncoder

PADDED = 512
"""Tokens to which the reference implementation pads each clip."""


def sign_encoder(encoder: SignEncoder, x: Tensor, lengths: Tensor, padded: int = PADDED) -> tuple[Tensor, Tensor]:
    """What ``encoder`` makes of packed frames (N, C), all of its layers on padded clips (B, T, C), without dropout."""
    x = packed.pad(x, lengths)
    x = F.pad(x, (0, 0, 0, max(0, padded - x.shape[1])))
    x = x + sinusoid(torch.arange(x.shape[1], device=x.device), encoder.width)
    for layer in encoder.before:
        x = _layer(layer, x, lengths)
    if encoder.downsample:
        steps = torch.arange(x.shape[1], device=x.device)
        real = steps < lengths.to(x.device)[:, None]
        x = F.avg_pool1d((x * real[..., None]).transpose(1, 2), 3, 2, 1).transpose(1, 2)
        lengths = encoder.lengths_out(lengths)
    for layer in encoder.after:
        x = _layer(layer, x, lengths)
    return packed.pack(x, lengths), lengths


def _layer(layer: nn.Module, x: Tensor, lengths: Tensor) -> Tensor:
    assert isinstance(layer, Layer)
    x = layer.norm1(x + layer.scale1 * _attention(layer.attention, x, lengths))
    return layer.norm2(x + layer.scale2 * layer.mlp(x))


def _attention(layer: LocalAttention, x: Tensor, lengths: Tensor) -> Tensor:
    steps = torch.arange(x.shape[1], device=x.device)
    near = (steps[:, None] - steps).abs() <= layer.window // 2
    real = (steps < lengths.to(x.device)[:, None])[:, None] | torch.eye(len(steps), dtype=torch.bool, device=x.device)
    turn = rotation(steps, x.shape[-1] // layer.heads)
    q, k, v = (part(x).unflatten(-1, (layer.heads, -1)) for part in (layer.query, layer.key, layer.value))
    q, k, v = (part.transpose(1, 2) for part in (rotate(q, *turn), rotate(k, *turn), v))  # B H T D
    attended = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, attn_mask=(near & real)[:, None])
    return layer.out(attended.transpose(1, 2).flatten(2))


def features(spatial: SpatialEncoder, frames: Tensor, lengths: Tensor) -> Tensor:
    """The backbone one clip at a time: packed frames -> (N, C)."""
    tokens = [spatial.class_tokens(clip) for clip in packed.split(frames, lengths)]
    return spatial.norm(spatial.linear(torch.cat(tokens)))


def sentence_loss(
    predict: Callable[[Tensor], Tensor], hidden: Tensor, labels: Tensor, smoothing: float, *, new_tokens: None
) -> Tensor:
    """From all logits at once, those of padding too: the loss of each sentence, (B,)."""
    flat = F.cross_entropy(
        predict(hidden).float().flatten(0, 1),
        labels.to(hidden.device).flatten(),
        reduction="none",
        ignore_index=IGNORED,
        label_smoothing=smoothing,
    )
    return flat.view(labels.shape).sum(1)
