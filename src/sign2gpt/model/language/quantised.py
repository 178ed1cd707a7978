"""The language model's frozen matrices in 8 or 4 bits, by torchao.

Its own products are not used: the int8 one keeps the whole matrix for the backward pass, those of 4 bits have none.
"""

from __future__ import annotations

from functools import partial
from math import gcd
from types import ModuleType
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from sign2gpt.common.errors import UserError
from sign2gpt.common.installation import require
from sign2gpt.model.frozen_linear import keep
from sign2gpt.model.language.decoder import Decoder

Bits = Literal["int8", "nf4"]
"""8 bits with a scale for each row; QLoRA's 4 bits, whose steps follow a normal distribution."""
QUANTISED: tuple[str, ...] = get_args(Bits)
BLOCK, SCALES = 64, 256
"""NF4's values under one scale, and its scales that are quantised together."""


def quantise(decoder: Decoder, bits: str, device: torch.device | None = None) -> list[nn.Linear]:
    """Puts the matrices between embedding and output of a frozen language model into ``bits``; returns their layers.

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
        keep(layer, made, partial(_whole, bits))
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


def _torchao() -> ModuleType:
    return require("torchao.quantization", "quantised")


def _whole(bits: str, kept: Any, dtype: torch.dtype) -> Tensor:
    return kept.dequantize(dtype) if bits == "int8" else kept.to(dtype)


def _nf4(torchao: Any, weight: Tensor) -> Tensor:
    return torchao.to_nf4(weight.contiguous(), BLOCK, gcd(SCALES, weight.numel() // BLOCK))
