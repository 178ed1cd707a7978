"""Work spread over the cores of this machine, or over the workers of another engine."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

A = TypeVar("A")
R = TypeVar("R")

AHEAD = 3
"""Items a worker that are drawn before their results are taken."""


class Engine(Protocol):
    """Workers elsewhere, such as a Ray cluster's (`sign2gpt.common.cluster`)."""

    def map(self, work: Callable[[A], R], items: Iterable[A]) -> Iterator[R]:
        """As `parallel_map`."""
        ...


Workers = int | Engine | None
"""Who works: so many processes of this machine, none: one a core; or an engine's workers."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallel_map(work: Callable[[A], R], items: Iterable[A], workers: Workers = None) -> Iterator[R]:
    """Yields ``work(item)`` in the items' order; ``work`` must be a function of a module (it is pickled).

    Worker processes are spawned, not forked: libraries with threads (FFmpeg, torch) survive no fork. Items are drawn
    as results are taken, ``AHEAD`` a worker before them, so they may be large and many.
    """
    workers = cores() if workers is None else workers
    if not isinstance(workers, int):
        yield from workers.map(work, items)
        return
    if workers <= 1:
        yield from map(work, items)
        return
    room, over = threading.Semaphore(AHEAD * workers), threading.Event()

    def drawn() -> Iterator[A]:
        for item in items:
            room.acquire()
            if over.is_set():
                return
            yield item

    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        try:
            for result in pool.imap(work, drawn(), chunksize=1):
                yield result
                room.release()
        finally:  # the pool's own thread may wait in drawn()
            over.set()
            room.release()
