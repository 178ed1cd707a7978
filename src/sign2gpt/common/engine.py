"""Work spread over the cores of this machine."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

A = TypeVar("A")
R = TypeVar("R")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallel_map(work: Callable[[A], R], items: Iterable[A], workers: int | None = None) -> Iterator[R]:
    """Yields ``work(item)`` in the items' order; ``work`` must be a function of a module (it is pickled).

    Worker processes are spawned, not forked: libraries with threads (FFmpeg, torch) survive no fork.
    """
    workers = cores() if workers is None else workers
    if workers <= 1:
        yield from map(work, items)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(work, items, chunksize=1)
