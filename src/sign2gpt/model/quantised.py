"""The language model's frozen matrices in 8 or 4 bits, by torchao: whole for the time of a product alone.

torchao's own int8 product keeps the whole matrix for the backward pass, and its 4-bit ones have none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import gcd
from types import ModuleType
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.common.errors import UserError
from sign2gpt.common.extras import require
from sign2gpt.model.decoder import Decoder

Bits = Literal["int8", "nf4"]
"""8 bits with a scale for each row; QLoRA's 4 bits, whose steps follow a normal distribution."""
QUANTISED: tuple[str, ...] = get_args(Bits)
BLOCK, SCALES = 64, 256
"""NF4's values under one scale, and its scales that are quantised together."""


class Product(torch.autograd.Function):
    """A linear layer's (..., in) -> (..., out); ``whole`` makes its matrix, anew in the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, whole: Callable[[torch.dtype], Tensor], bias: Tensor | None) -> Tensor:
        kind = x.device.type
        ctx.whole, ctx.dtype = whole, x.dtype
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        return F.linear(x, whole(dtype), bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients
        return (gradient @ ctx.whole(gradient.dtype)).to(ctx.dtype), None, None


def quantise(decoder: Decoder, bits: str, device: torch.device | None = None) -> list[nn.Linear]:
    """Puts the matrices between embedding and output of a frozen language model into ``bits``; returns their layers.

    Each layer's ``weight`` is left empty; what it became is its buffer ``quantised``, which no file takes in.

    Args:
        device: where the quantised matrices go, one after the other; none: they stay where they are.

    Raises:
        UserError: no such ``bits``, torchao is absent, or the language model has no such matrices.
    """
    layers = quantisable(decoder, bits)
    torchao: Any = _torchao()
    for layer in layers:
        weight = layer.weight.detach().to(device)
        made = torchao.Int8Tensor.from_hp(weight, torchao.PerRow()) if bits == "int8" else _nf4(torchao, weight)
        layer.register_buffer("quantised", made, persistent=False)
        layer.weight.data = layer.weight.new_empty(0)
        layer.forward = partial(_forward, layer, bits)
    return layers


def quantisable(decoder: Decoder, bits: str) -> list[nn.Linear]:
    """The frozen linear layers between embedding and output, on any device; raises as `quantise`."""
    if bits not in QUANTISED:
        raise UserError(f"frozen weights in {bits!r}: there are {', '.join(QUANTISED)}")
    _torchao()
    ends = set(decoder.children())
    linear = [layer for layer in decoder.modules() if isinstance(layer, nn.Linear) and layer not in ends]
    found = [layer for layer in linear if not layer.weight.requires_grad and layer.weight.numel() % (2 * BLOCK) == 0]
    if not found:
        raise UserError(f"{bits} needs torch's linear layers, which this language model has none of; use bf16 or fp32")
    return found


def restore(layer: nn.Linear) -> None:
    """Makes a quantised layer a plain one again, whose ``weight`` is for the caller to fill."""
    del layer.quantised, layer.forward


def _torchao() -> ModuleType:
    return require("torchao.quantization", "quantised")


def _forward(layer: nn.Linear, bits: str, input: Tensor) -> Tensor:
    return Product.apply(input, partial(_whole, layer.quantised, bits), layer.bias)  # type: ignore[return-value]


def _whole(quantised: Any, bits: str, dtype: torch.dtype) -> Tensor:
    return quantised.dequantize(dtype) if bits == "int8" else quantised.to(dtype)


def _nf4(torchao: Any, weight: Tensor) -> Tensor:
    return torchao.to_nf4(weight.contiguous(), BLOCK, gcd(SCALES, weight.numel() // BLOCK))
