"""One run in several processes: who this process is, and what all of them add up or gather.

Started by `torchrun` or `accelerate launch`; a plain start is a run of one process, where nothing is sent. When one
of several is gone, the others end with one line each: none of them can go on alone.
"""

from __future__ import annotations

import atexit
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import torch
import torch.distributed as dist
from accelerate import PartialState  # type: ignore[reportMissingTypeStubs]

from sign2gpt.common.errors import UserError

T = TypeVar("T")

GOES_ON = "the same command goes on from the last checkpoint"


class Processes:
    """This process among those of its run, and the device that it computes on."""

    def __init__(self) -> None:
        state: Any = PartialState(cpu=not torch.accelerator.is_available())
        self.rank = int(state.process_index)
        self.world = int(state.num_processes)
        self.main = self.rank == 0
        self.device = torch.device(state.device)
        if self.world > 1:
            signal.signal(signal.SIGTERM, _told_to_end)
            atexit.register(_let_go)

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """Adds up ``values`` over the processes, in place; every process has the result."""
        return add_up(values) if self.world > 1 else values

    def gather(self, items: list[T]) -> list[T]:
        """The items of every process, in the processes' order."""
        if self.world == 1:
            return items
        parts: list[Any] = [None] * self.world
        with together():
            dist.all_gather_object(parts, items)
        return [item for part in parts for item in part]

    def wait(self) -> None:
        """Returns when every process has come here."""
        if self.world > 1:
            with together():
                dist.barrier()

    def first(self, work: Callable[[], T]) -> T:
        """What ``work`` returns in the main process, which alone does it; all processes have it.

        Raises:
            UserError: as ``work`` does; the other processes end along with the main one, without a word of their own.
        """
        if self.world == 1:
            return work()
        told: list[Any] = [None, None]
        if self.main:
            try:
                told[0] = work()
            except UserError as error:
                told[1] = str(error)
        with together():
            dist.broadcast_object_list(told, src=0)
        result, mistake = told
        if mistake is not None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            raise UserError(mistake) if self.main else SystemExit(2)
        return result


def add_up(values: torch.Tensor) -> torch.Tensor:
    """Adds up ``values`` over several processes, in place."""
    with together():
        dist.all_reduce(values)
    return values


@contextmanager
def together() -> Generator[None]:
    """Where processes send and wait for each other: ends this one, in a clear line, when another is gone."""
    try:
        yield
    except RuntimeError as error:  # all that gloo and NCCL raise
        _end(f"another process of this run is gone ({str(error).partition('. ')[0]})")


def _let_go() -> None:
    """Lets gloo's threads give back what they still hold: without an interpreter they would abort the process."""
    time.sleep(0.2)


def _told_to_end(*_: object) -> NoReturn:
    """What a launcher does to the processes that are left when one is gone."""
    _end("told to end, as all are when another process of this run is gone")


def _end(why: str) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # said once
    raise SystemExit(f"error: {why}; {GOES_ON}")
