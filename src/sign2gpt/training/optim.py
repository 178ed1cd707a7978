"""AdamW with a learning rate for each part of the model, its schedule, and what happens to gradients (MODEL.md 6)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import nn

from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.training.config import OptimisationConfig, RatesConfig

MATRICES = ("weight", "a", "b")


def part_of(name: str) -> str:
    """The key of `RatesConfig` whose factor a parameter follows.

    >>> part_of("decoder.memory.linear.weight"), part_of("spatial.linear.bias")
    ('memory', 'spatial')
    """
    first, _, rest = name.partition(".")
    if first == "prototypes":
        return "head"
    if first != "decoder":
        return first
    if rest.startswith("memory"):
        return "memory"
    return "gates" if "gate" in rest else "adapters"


def decays(name: str, parameter: nn.Parameter) -> bool:
    """Whether weight decay pulls at a parameter: only at matrices of linear layers, convolutions and adapters."""
    return parameter.dim() > 1 and name.rpartition(".")[2] in MATRICES


def make_optimizer(model: nn.Module, config: OptimisationConfig) -> torch.optim.AdamW:
    """AdamW over the trainable parameters; each group carries its part's ``factor`` on the learning rate."""
    groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
    for name, parameter in trainable(model):
        groups.setdefault((part_of(name), decays(name, parameter)), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "factor": factor(config.rates, part),
                "weight_decay": config.weight_decay if decay else 0.0,
            }
            for (part, decay), parameters in groups.items()
        ],
        lr=config.rate,
        betas=config.betas,
        fused=True,
    )


def trainable(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """Names and parameters that the optimiser moves."""
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def freeze(model: Sign2GPT, parts: Sequence[str]) -> list[nn.Module]:
    """Stops the gradients of these parts, and of the pretraining head, which is carried along as it was."""
    frozen = [model.get_submodule(part) for part in parts]
    head = [] if model.prototypes is None else [model.prototypes]
    for module in [*frozen, *head]:
        module.requires_grad_(False)
    return frozen


def factor(rates: RatesConfig, part: str) -> float:
    """The factor on the learning rate of one part."""
    return getattr(rates, part)


def schedule(step: int, steps: int, warmup: float, floor: float) -> float:
    """Share of the peak rate at ``step`` of ``steps``: a line up from ``floor``, then one cosine down to it."""
    if step < warmup:
        return floor + (1 - floor) * step / warmup
    gone = (step - warmup) / max(1.0, steps - 1 - warmup)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, gone)))


def set_rates(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Gives each group ``rate`` times its factor."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


def hold_gates(model: nn.Module, limits: tuple[float, float]) -> None:
    """Brings the stored values of the gates back into ``limits``."""
    with torch.no_grad():
        for name, parameter in trainable(model):
            if part_of(name) == "gates":
                parameter.clamp_(*limits)


def clip_gradients(parameters: Iterable[nn.Parameter], value: float | None, norm: float | None) -> torch.Tensor:
    """Clips the gradients to a value, then to a norm.

    Returns:
        Their norm between the two, a scalar tensor; not finite where any gradient was not a number.
    """
    moved = [parameter for parameter in parameters if parameter.grad is not None]
    if value is not None:
        nn.utils.clip_grad_value_(moved, value)
    return nn.utils.clip_grad_norm_(moved, norm if norm is not None else math.inf)
