"""One run in several processes: which one this is, sums over all of them, and what they gather.

`torchrun` starts them and describes them in environment variables; without these a run is one process, which sends
nothing. When one of several is gone, the others end with one line each: none of them can continue alone.
"""

from __future__ import annotations

import atexit
import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import torch
import torch.distributed as dist

from sign2gpt.common.errors import UserError

T = TypeVar("T")

RESUMES = "run the same command to resume from the last checkpoint"


class Processes:
    """This process among those of its run, and the device that it computes on."""

    def __init__(self) -> None:
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.main = self.rank == 0
        self.device = _device(self.world)
        if self.world > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
            signal.signal(signal.SIGTERM, _end_with_the_others)
            atexit.register(_wait_for_gloo)

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
        """Returns when every process has called this."""
        if self.world > 1:
            with together():
                dist.barrier()

    def first(self, work: Callable[[], T]) -> T:
        """What ``work`` returns in the main process, which alone does it; all processes have it.

        Raises:
            UserError: as ``work`` does; the other processes end without a message of their own.
        """
        if self.world == 1:
            return work()
        outcome: list[Any] = [None, None]
        if self.main:
            try:
                outcome[0] = work()
            except UserError as error:
                outcome[1] = str(error)
        with together():
            dist.broadcast_object_list(outcome, src=0)
        result, mistake = outcome
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
    """Surrounds all that processes send each other: when another is gone, this one ends with one line."""
    try:
        yield
    except RuntimeError as error:  # all that gloo and NCCL raise
        _end(f"another process of this run is gone ({str(error).partition('. ')[0]})")


def _device(world: int) -> torch.device:
    """The GPU of this process, or what else torch computes on here."""
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if found is not None and found.type == "cuda" and world > 1:
        found = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(found)
    return found or torch.device("cpu")


def _wait_for_gloo() -> None:
    """Gloo's threads give back what they still hold; without an interpreter they would abort the process."""
    time.sleep(0.2)


def _end_with_the_others(*_: object) -> NoReturn:
    """A launcher ends all processes when one is gone."""
    _end("ended by the launcher, because another process of this run is gone")


def _end(why: str) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # one line is enough
    raise SystemExit(f"error: {why}; {RESUMES}")
