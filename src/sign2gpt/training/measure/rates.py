"""What this machine reaches at its best: the floor under every time that is measured on it."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

CPU_SIDES, GPU_SIDES = (256, 512, 1024), (2048, 4096, 8192)
"""Of the square matrices whose product is timed: caches favour one, cores another."""

LEAST, ENOUGH_S = 3, 0.5
"""Runs that are timed at least, and seconds after which no more are."""


def product_rate(device: torch.device, precision: str) -> float:
    """FLOPs a second of the fastest square matrix product in ``bf16`` or ``fp32``."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    sides = CPU_SIDES if device.type == "cpu" else GPU_SIDES
    return max(_product_rate(device, kind, side) for side in sides)


def copy_rate(device: torch.device, megabytes: int = 512) -> float:
    """Bytes a second of a large copy, read and written."""
    source = torch.ones(megabytes << 18, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / fastest(lambda: target.copy_(source), device)


def fastest(work: Callable[[], object], device: torch.device, repeats: int = 20) -> float:
    """Seconds of the fastest of some runs, processor seconds on a CPU: what a floor is made of."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    work()
    found: list[float] = []
    while len(found) < LEAST or (len(found) < repeats and sum(found) < ENOUGH_S):
        synchronise(device)
        start = clock()
        work()
        synchronise(device)
        found.append(clock() - start)
    return min(found) / (torch.get_num_threads() if device.type == "cpu" else 1)


def synchronise(device: torch.device) -> None:
    """Waits for what the device still computes."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def _product_rate(device: torch.device, kind: torch.dtype, side: int) -> float:
    a, b = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    return 2 * side**3 / fastest(lambda: a @ b, device)
