"""Instruments that benchmarks share: paired times, peak memory, what it ran on."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from sign2gpt.common.files import write_json
from sign2gpt.training.measure.rates import synchronise


def clock(device: torch.device) -> Callable[[], float]:
    """Processor seconds on a CPU, which other programs on the machine lengthen less than those on the wall."""
    return time.process_time if device.type == "cpu" else time.perf_counter


def seconds(work: Callable[[], object], device: torch.device) -> float:
    now = clock(device)
    synchronise(device)
    start = now()
    work()
    synchronise(device)
    return now() - start


def paired(
    ours: Callable[[], object], plain: Callable[[], object], device: torch.device, repeats: int
) -> dict[str, Any]:
    """Both in turn, after one round that warms up: medians, and the median of the ratios within each round."""
    rounds = [(seconds(ours, device), seconds(plain, device)) for _ in range(repeats + 1)][1:]
    ratios = [slow / fast for fast, slow in rounds]
    return {
        "seconds": round(median(fast for fast, _ in rounds), 4),
        "plain_seconds": round(median(slow for _, slow in rounds), 4),
        "times_as_fast": round(median(ratios), 2),
        "ratios": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def peak_megabytes(work: Callable[[], object], device: torch.device) -> float:
    """The most memory that tensors made by ``work`` took at once: by the GPU's count, else by the profiler's."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        return round((torch.cuda.max_memory_allocated(device) - before) / 1e6, 1)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    assert seen.profiler is not None
    assert seen.profiler.kineto_results is not None
    found: list[Any] = seen.profiler.kineto_results.events()
    events = [event for event in found if event.name() == "[memory]"]
    changes = (event.nbytes() for event in sorted(events, key=lambda event: event.start_ns()))
    return round(max(accumulate(changes, initial=0)) / 1e6, 1)


def circumstances(device: torch.device) -> dict[str, Any]:
    return {
        "command": shlex.join(["python", *sys.argv]),
        "clock": clock(device).__name__,
        "threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 1),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "timm": version("timm"),
    }


def tell(result: dict[str, Any], output: Path | None) -> None:
    """Prints a result as the last line, one line of JSON, and writes it to ``output`` where that is given."""
    if output is not None:
        write_json(output, result)
    print(json.dumps(result, ensure_ascii=False))
