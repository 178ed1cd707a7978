"""Frozen weights in half of their memory or less while a training runs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import nn

from sign2gpt.model.frozen_linear import restore
from sign2gpt.model.language.quantised import quantise
from sign2gpt.model.sign_model import SignModel


@contextmanager
def frozen_in(precision: Literal["int8", "nf4", "bf16", "fp32"], model: SignModel) -> Generator[None]:
    """Rounds the matrices of frozen linear layers and embeddings, which bfloat16 autocast would do at every step.

    In ``fp32`` they stay as they are. In all others everything in between must run under that autocast; ``int8`` and
    ``nf4`` are bf16 but for the language model's linear layers, which are quantised. The float32 values wait on the
    CPU and come back at the end, so that what is measured and saved afterwards holds the weights as they were loaded.
    """
    if precision == "fp32":
        yield
        return
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Linear | nn.Embedding)]
    frozen = [layer for layer in layers if not layer.weight.requires_grad]
    before = [layer.weight.data.cpu() for layer in frozen]
    quantised = [] if precision == "bf16" or model.language_model is None else quantise(model.language_model, precision)
    widened = [
        layer.register_forward_hook(lambda layer, inputs, rows: rows.float())  # residual streams stay in float32
        for layer in frozen
        if isinstance(layer, nn.Embedding)
    ]
    for layer in frozen:
        layer.weight.data = layer.weight.data.to(torch.bfloat16)
    try:
        yield
    finally:
        for layer in quantised:
            restore(layer)
        for layer, values in zip(frozen, before, strict=True):
            layer.weight.data = values.to(layer.weight.device)
        for hook in widened:
            hook.remove()
