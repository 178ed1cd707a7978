"""The optimiser, with a learning rate for each part of a model, its schedule, and clipped gradients (MODEL.md 6)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd

from sign2gpt.model.lora import LoRA
from sign2gpt.model.sign_model import SignModel
from sign2gpt.training.config import OptimisationConfig, RatesConfig


def decaying(model: nn.Module) -> set[nn.Parameter]:
    """The parameters that weight decay pulls at: matrices of linear layers, convolutions, adapters and recurrences."""
    found: set[nn.Parameter] = set()
    for module in model.modules():
        match module:
            case nn.Linear() | _ConvNd():
                found.add(cast(nn.Parameter, module.weight))
            case LoRA():
                found |= {module.a, module.b}
            case nn.RNNBase():
                found |= {parameter for name, parameter in module.named_parameters() if name.startswith("weight")}
            case nn.MultiheadAttention():
                packed = (module.in_proj_weight, module.q_proj_weight, module.k_proj_weight, module.v_proj_weight)
                found |= {weight for weight in packed if weight is not None}
            case _:
                pass
    return found


def make_optimizer(model: SignModel, config: OptimisationConfig) -> torch.optim.Optimizer:
    """The recipe's optimiser over the trainable parameters; each group has its part's ``factor`` on the rate."""
    groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
    decays = decaying(model)
    for name, parameter in trainable(model):
        groups.setdefault((model.rate_of(name), parameter in decays), []).append(parameter)
    options: list[dict[str, Any]] = [
        {
            "params": parameters,
            "factor": factor(config.rates, part),
            "weight_decay": config.weight_decay if decay else 0.0,
        }
        for (part, decay), parameters in groups.items()
    ]
    match config.optimizer:
        case "adamw":
            return torch.optim.AdamW(options, lr=config.rate, betas=config.betas, fused=True)
        case "adam":
            return torch.optim.Adam(options, lr=config.rate, betas=config.betas, fused=True)
        case "sgd":
            return torch.optim.SGD(
                options, lr=config.rate, momentum=config.momentum, nesterov=config.nesterov, fused=True
            )


def trainable(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Names and parameters that the optimiser moves."""
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def freeze(model: SignModel, parts: Sequence[str]) -> list[nn.Module]:
    """Stops the gradients of parts of the model, which are returned."""
    frozen = [model.parts()[part] for part in parts]
    for module in frozen:
        module.requires_grad_(False)
    return frozen


def factor(rates: RatesConfig, part: str) -> float:
    """The factor on the learning rate of one part; 1 for a part that the recipe does not name."""
    return getattr(rates, part) if part in type(rates).model_fields else 1.0


def rate_share(config: OptimisationConfig, step: int, epoch_steps: int, plateaus: int = 0) -> float:
    """Share of the peak learning rate at a step.

    Args:
        epoch_steps: steps in an epoch.
        plateaus: how often the figure on dev has stopped improving so far (`Plateau`).
    """
    steps, warmup = epoch_steps * config.epochs, config.warmup_epochs * epoch_steps
    match config.schedule:
        case "cosine":
            return cosine(step, steps, 0.0, config.floor)
        case "one_cycle":
            return cosine(step, steps, warmup, config.floor)
        case _ if step < warmup:
            return rising(step, warmup, config.floor)
        case "plateau":
            return config.decay**plateaus
        case "exponential":
            return config.decay ** (step // epoch_steps)
        case "constant":
            return 1.0


def rising(step: int, warmup: float, floor: float) -> float:
    """A line from ``floor`` to 1 in ``warmup`` steps."""
    return floor + (1 - floor) * step / warmup


def cosine(step: int, steps: int, warmup: float, floor: float) -> float:
    """A line up from ``floor``, then one cosine down to it at the last of ``steps``."""
    if step < warmup:
        return rising(step, warmup, floor)
    gone = (step - warmup) / max(1.0, steps - 1 - warmup)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, gone)))


def set_rates(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Gives each group ``rate`` times its factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


def clip_gradients(parameters: Iterable[nn.Parameter], value: float | None, norm: float | None) -> torch.Tensor:
    """Clips the gradients to a value, then to a norm.

    Returns:
        Their norm between the two, a scalar tensor; not finite where any gradient was not a number.
    """
    moved = [parameter for parameter in parameters if parameter.grad is not None]
    if value is not None:
        nn.utils.clip_grad_value_(moved, value)
    return nn.utils.clip_grad_norm_(moved, norm if norm is not None else math.inf)
