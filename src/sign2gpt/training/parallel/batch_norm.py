"""BatchNorm whose statistics come from the frames of all processes, on any device (torch's own knows GPUs only)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from sign2gpt.common.processes import add_up


class SumOverProcesses(torch.autograd.Function):
    """Adds up over the processes, forwards and backwards: every process' loss depends on every summand."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor) -> torch.Tensor:
        return add_up(values.clone())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:  # pyright: ignore
        return add_up(gradients[0].clone())


def summed(values: torch.Tensor) -> torch.Tensor:
    """The sum over the processes of what each of them has."""
    return SumOverProcesses.apply(values)  # type: ignore[return-value]


class SynchronisedBatchNorm(nn.Module):
    """Takes over the parameters and buffers of a BatchNorm, under the same names, and what timm's do after it.

    The processes may hold different numbers of frames: every frame counts the same. Channels are dimension 1.

    Attributes:
        counted: whether the frames of this process count.
    """

    counted = True

    weight: nn.Parameter
    bias: nn.Parameter
    running_mean: torch.Tensor
    running_var: torch.Tensor
    num_batches_tracked: torch.Tensor

    def __init__(self, norm: _BatchNorm) -> None:
        super().__init__()
        assert norm.momentum is not None
        self.eps, self.momentum = norm.eps, norm.momentum
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers():
            self.register_buffer(name, buffer)
        self.drop, self.act = (getattr(norm, name, nn.Identity()) for name in ("drop", "act"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.drop(self._normed(x)))

    def _normed(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        others = [dim for dim in range(x.dim()) if dim != 1]
        shape = [1, -1] + [1] * (x.dim() - 2)
        wide = x.float()
        count = wide.new_full((1,), x.numel() / x.shape[1])
        sums = summed(torch.cat([wide.sum(others), count]) * self.counted)
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = wide - mean.view(shape)
        variance = summed(centred.square().sum(others) * self.counted) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1).clamp(min=1), self.momentum)
        normed = centred * (variance + self.eps).rsqrt().view(shape)
        return (normed * self.weight.view(shape) + self.bias.view(shape)).to(x.dtype)


def synchronise(model: nn.Module) -> None:
    """Puts a `SynchronisedBatchNorm` in the place of every BatchNorm of ``model``."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, _BatchNorm):
                setattr(module, name, SynchronisedBatchNorm(child))


def set_counted(model: nn.Module, counted: bool) -> None:
    """Sets whether what this process computes next counts in the statistics of all."""
    for module in model.modules():
        if isinstance(module, SynchronisedBatchNorm):
            module.counted = counted
