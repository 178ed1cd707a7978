"""One run in several processes: who this process is, and what all of them add up or gather.

Started by `torchrun` or `accelerate launch`; a plain start is a run of one process, where nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from accelerate import PartialState  # type: ignore[reportMissingTypeStubs]

from sign2gpt.common.errors import UserError

T = TypeVar("T")


class Processes:
    """This process among those of its run, and the device that it computes on."""

    def __init__(self) -> None:
        state: Any = PartialState(cpu=not torch.accelerator.is_available())
        self.rank = int(state.process_index)
        self.world = int(state.num_processes)
        self.main = self.rank == 0
        self.device = torch.device(state.device)

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """Adds up ``values`` over the processes, in place; every process has the result."""
        if self.world > 1:
            dist.all_reduce(values)
        return values

    def gather(self, items: list[T]) -> list[T]:
        """The items of every process, in the processes' order."""
        if self.world == 1:
            return items
        parts: list[Any] = [None] * self.world
        dist.all_gather_object(parts, items)
        return [item for part in parts for item in part]

    def wait(self) -> None:
        """Returns when every process has come here."""
        if self.world > 1:
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
        dist.broadcast_object_list(told, src=0)
        result, mistake = told
        if mistake is not None:
            raise UserError(mistake) if self.main else SystemExit(2)
        return result
