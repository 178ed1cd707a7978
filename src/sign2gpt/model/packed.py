"""Packed clips: values of all clips one after another, never padded; their lengths tell where each begins.

Shapes: B clips, N = sum of lengths, T = the longest clip. Lengths are int64 on the CPU, so that asking for them
never waits for an accelerator.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def split(values: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
    """(N, ...) -> the clips (T_b, ...), as views."""
    return values.split(lengths.tolist())


def pad(values: Tensor, lengths: Tensor) -> Tensor:
    """(N, ...) -> (B, T, ...) with zeros behind each clip."""
    return pad_sequence(list(split(values, lengths)), batch_first=True)


def pack(padded: Tensor, lengths: Tensor) -> Tensor:
    """(B, T, ...) -> (N, ...): the real values alone."""
    return torch.cat([clip[:length] for clip, length in zip(padded, lengths.tolist(), strict=True)])


def mask(lengths: Tensor, device: torch.device | str) -> Tensor:
    """bool (B, T): true where a padded tensor holds a real value."""
    steps = torch.arange(int(lengths.max()))
    return (steps < lengths[:, None]).to(device)


def positions(lengths: Tensor) -> Tensor:
    """int64 (N,) on the CPU: each value's index within its clip, from 0."""
    return torch.cat([torch.arange(length) for length in lengths.tolist()])


def repeat_per_clip(per_clip: Tensor, lengths: Tensor) -> Tensor:
    """(B, ...) -> (N, ...): a clip's value at each of its tokens."""
    return per_clip.repeat_interleave(lengths.to(per_clip.device), dim=0, output_size=int(lengths.sum()))
