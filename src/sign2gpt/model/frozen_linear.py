"""Frozen linear layers that keep their matrix in another form: it is whole for the time of a product alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FrozenProduct(torch.autograd.Function):
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


def keep(layer: nn.Linear, kept: Tensor, whole: Callable[[Tensor, torch.dtype], Tensor]) -> None:
    """Lets a frozen layer keep its matrix as ``kept``, a buffer that no file takes in; its ``weight`` is left empty.

    Args:
        whole: from ``kept`` and a type of numbers to the matrix.
    """
    layer.register_buffer("kept", kept, persistent=False)
    layer.weight.data = layer.weight.new_empty(0)
    layer.forward = partial(_forward, layer, whole)


def restore(layer: nn.Linear) -> None:
    """Makes the layer a plain one again, whose ``weight`` is for the caller to fill."""
    del layer.kept, layer.forward


def _forward(layer: nn.Linear, whole: Callable[[Tensor, torch.dtype], Tensor], input: Tensor) -> Tensor:
    return FrozenProduct.apply(input, partial(whole, layer.kept), layer.bias)  # type: ignore[return-value]
