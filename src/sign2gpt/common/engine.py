"""Work spread over the cores of this machine, or over the workers of another engine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Protocol, TypeVar

from sign2gpt.common.errors import killed

A = TypeVar("A")
R = TypeVar("R")

AHEAD = 3
"""Items per worker that are read before their results are taken."""
NAMED = 4
"""Items that a message names; it counts the others."""


class Engine(Protocol):
    """Workers elsewhere, such as a Ray cluster's (`sign2gpt.common.cluster`)."""

    def map(self, work: Callable[[A], R], items: Iterable[A]) -> Iterator[R]:
        """As `parallel_map`."""
        ...


Workers = int | Engine | None
"""Processes of this machine (None: one per core), or the workers of another engine."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallel_map(work: Callable[[A], R], items: Iterable[A], workers: Workers = None) -> Iterator[R]:
    """Yields ``work(item)`` in the items' order; ``work`` must be a function of a module (it is pickled).

    Worker processes are spawned, not forked: libraries with threads (FFmpeg, torch) do not survive a fork. Items are
    read as results are taken, ``AHEAD`` per worker before them, so they may be large and many. Messages name an item
    by its text.

    Raises:
        UserError: a worker process was killed, as happens when memory runs out; and what ``work`` raises.
    """
    workers = cores() if workers is None else workers
    if not isinstance(workers, int):
        yield from workers.map(work, items)
    elif workers <= 1:
        yield from map(work, items)
    else:
        yield from _spread(work, items, workers)


def _spread(work: Callable[[A], R], items: Iterable[A], workers: int) -> Iterator[R]:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start)
    waiting = deque[tuple[A, Future[R]]]()
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) == AHEAD * workers:
                yield waiting[0][1].result()
                waiting.popleft()
        while waiting:
            yield waiting[0][1].result()
            waiting.popleft()
    except BrokenProcessPool:
        lost = [str(item) for item, result in waiting if isinstance(result.exception(), BrokenProcessPool)]
        running = lost[:workers]  # items start in order
        raise killed(f"a worker process{_named(running)}", ", with fewer --workers") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _named(running: list[str]) -> str:
    more = f" and {len(running) - NAMED:,} more" if running[NAMED:] else ""
    return f" (working on {', '.join(running[:NAMED])}{more})" if running else ""


def _start() -> None:
    """Makes a new worker end silently on Ctrl-C and when its parent is killed."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell ignores it for background jobs
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=leave_with_parent, daemon=True).start()


def leave_with_parent() -> None:
    """Ends this process when its parent is gone; it would write where the next attempt writes."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
