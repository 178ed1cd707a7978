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
"""Items a worker that are drawn before their results are taken."""
NAMED = 4
"""Items that a message names before it only counts them."""


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
    as results are taken, ``AHEAD`` a worker before them, so they may be large and many. As text an item is what errors
    call it.

    Raises:
        UserError: a worker process was killed, as the system does where memory is short; and what ``work`` raises.
    """
    workers = cores() if workers is None else workers
    if not isinstance(workers, int):
        yield from workers.map(work, items)
    elif workers <= 1:
        yield from map(work, items)
    else:
        yield from _spread(work, items, workers)


def _spread(work: Callable[[A], R], items: Iterable[A], workers: int) -> Iterator[R]:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin)
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
        at_work = lost[:workers]  # items are begun in order
        raise killed(f"a worker process{_told(at_work)}", ", with fewer --workers") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _told(at_work: list[str]) -> str:
    more = f" and {len(at_work) - NAMED:,} more" if at_work[NAMED:] else ""
    return f" (at work: {', '.join(at_work[:NAMED])}{more})" if at_work else ""


def _begin() -> None:
    """What a worker does first: it is to end at once, and without a word, on Ctrl-C and when its parent is killed."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # in the background a shell has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=leave_with_parent, daemon=True).start()


def leave_with_parent() -> None:
    """Ends this process when its parent is gone: it would go on writing where the next attempt writes."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
