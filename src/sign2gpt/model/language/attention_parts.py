"""The parts of a transformers attention module, found by how it is built and what runs before it, not by its family.

M width of the language model, H query heads, K key and value heads, d width of a head.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from sign2gpt.common.errors import UserError

FUSED = "qkv"
"""The roles of a projection that makes queries, keys and values at once, one behind the other."""


@dataclass(frozen=True)
class AttentionParts:
    """Frozen modules of one layer's self-attention.

    Args:
        module: the attention itself.
        norm: what the layer sends its hidden states through before the attention reads them.
        inputs: the projections by their roles: three called q, k and v, or one called qkv.
        out: the projection after the heads were joined.
        head_norms: norms over each head's d values of q or k, where the family has them.
        widths: by role, H x d for q, K x d for k and v.
        scale: what products of queries and keys are multiplied by.
    """

    module: nn.Module
    norm: nn.Module
    inputs: Mapping[str, nn.Module]
    out: nn.Module
    head_norms: Mapping[str, nn.Module]
    widths: Mapping[str, int]
    head_width: int
    scale: float

    @property
    def heads(self) -> int:
        return self.widths["q"] // self.head_width


def find_attention(model: PreTrainedModel, layers: int, width: int) -> list[AttentionParts]:
    """The self-attention of each layer, from the first to the last; weights may be on the meta device.

    Raises:
        UserError: not every layer has one of the needed form.
    """
    found: list[AttentionParts] = []
    for name, module in model.named_modules():
        projections = _projections(module)
        if projections is None:
            continue
        norm = _norm_before(model.get_submodule(name.rpartition(".")[0]), module, width)
        parts = None if norm is None else _parts(module, norm, *projections)
        if parts is not None and _regular(parts):
            found.append(parts)
    if len(found) != layers:
        raise UserError(
            f"{type(model).__name__}: {len(found)} of its {layers} layers can watch a clip; each must have causal "
            "attention behind a norm, with linear layers q, k, v and one for the output, or GPT-2's with one for all "
            "three, and heads of one form: see docs/language-models.md"
        )
    return found


def _projections(module: nn.Module) -> tuple[dict[str, nn.Module], nn.Module] | None:
    """The projections of a causal attention module by their roles, and the output's; None: it is none."""
    if not (hasattr(module, "head_dim") and getattr(module, "is_causal", True)):
        return None
    linear = {name: child for name, child in module.named_children() if isinstance(child, nn.Linear | Conv1D)}
    roles = {name[0]: child for name, child in linear.items() if name[0] in FUSED}
    rest = [child for name, child in linear.items() if name[0] not in FUSED]
    if len(linear) == 4 and len(roles) == 3:
        return {role: roles[role] for role in FUSED}, rest[0]
    if len(linear) == len(rest) == 2 and all(isinstance(child, Conv1D) for child in rest):  # GPT-2's linear layer
        return {FUSED: rest[0]}, rest[1]
    return None


def _parts(module: nn.Module, norm: nn.Module, inputs: dict[str, nn.Module], out: nn.Module) -> AttentionParts:
    made = [widths(projection)[1] for projection in inputs.values()]
    by_role = dict(zip(FUSED, made if len(made) == 3 else [made[0] // 3] * 3, strict=True))
    norms = {name[0]: child for name, child in module.named_children() if "norm" in name}
    width = cast(int, module.head_dim)
    scale = cast(float, getattr(module, "scaling", width**-0.5))  # GPT-2's does not tell in transformers 5.0
    return AttentionParts(module, norm, inputs, out, norms, by_role, width, scale)


def _regular(parts: AttentionParts) -> bool:
    """Whether all heads are of one width, and norms of queries and keys are each head's own."""
    shapes = {weight.shape for norm in parts.head_norms.values() for weight in norm.parameters()}
    return parts.widths["k"] == parts.widths["v"] and shapes <= {torch.Size([parts.head_width])}


def widths(projection: nn.Module) -> tuple[int, int]:
    """Values that a linear layer reads and makes."""
    if isinstance(projection, Conv1D):
        return projection.weight.shape[0], projection.weight.shape[1]
    assert isinstance(projection, nn.Linear)
    return projection.in_features, projection.out_features


class _ArrivedError(Exception):
    """A hidden state stands before the attention; nothing behind it needs to run."""


def _norm_before(layer: nn.Module, attention: nn.Module, width: int) -> nn.Module | None:
    """The module of ``layer`` whose result ``attention`` reads; None where that is the layer's input itself.

    A hidden state without values is sent through the layer, up to the attention's door.
    """
    made: list[tuple[nn.Module, Any]] = []
    read: list[Tensor] = []

    def note(module: nn.Module, args: Any, result: Any) -> None:
        made.append((module, result))

    def stop(module: nn.Module, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        read.append(args[0] if args else named["hidden_states"])
        raise _ArrivedError

    with ExitStack() as hooks:
        for child in layer.children():
            hooks.enter_context(child.register_forward_hook(note))
        hooks.enter_context(attention.register_forward_pre_hook(stop, with_kwargs=True))
        try:
            layer(torch.empty(1, 1, width, device="meta"))
        except _ArrivedError:
            return next((module for module, result in made if result is read[0]), None)
        except (TypeError, RuntimeError):  # it asks for more than hidden states before its attention
            return None
    return None
