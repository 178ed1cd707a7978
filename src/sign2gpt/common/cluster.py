"""Work spread over the machines of a Ray cluster, as an `Engine`.

Ray repeats the work of a machine that is lost. Files stay complete because each appears under its name by a rename.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from sign2gpt.common.engine import AHEAD
from sign2gpt.common.errors import UserError
from sign2gpt.common.installation import require
from sign2gpt.common.progress import say

A = TypeVar("A")
R = TypeVar("R")

ANSWER_S = 10.0
"""How long a cluster may take to answer."""


class Cluster:
    """Workers with a core each on the machines that ``RAY_ADDRESS`` names.

    Without it, of the cluster that this machine is in, or of a new one with this machine alone. Every machine needs
    this package, and the same folders under the same names. A worker keeps the models that it has loaded.

    Args:
        share: part of a GPU that each worker has in addition to its core.

    Raises:
        UserError: Ray is not installed, or no cluster answers at the address.
    """

    def __init__(self, share: float = 0.0) -> None:
        self.share = share
        self.ray: Any = require("ray", "ray")
        if not self.ray.is_initialized():
            _check_address(os.environ.get("RAY_ADDRESS", ""))
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a cluster that we start sends no usage data
            try:
                self.ray.init(log_to_driver=False, logging_level="CRITICAL")
            except (ConnectionError, self.ray.exceptions.RayError) as error:
                raise UserError(f"the Ray cluster cannot be joined: {str(error).partition('. ')[0]}") from None
            machines = sum(node["Alive"] for node in self.ray.nodes())
            say(f"Ray: machines {machines:,}, cores {self.cores:g}, GPUs {self.gpus:g}")

    @property
    def cores(self) -> float:
        """Cores of the cluster."""
        return self.ray.cluster_resources().get("CPU", 0)

    @property
    def gpus(self) -> float:
        """GPUs of the cluster."""
        return self.ray.cluster_resources().get("GPU", 0)

    @property
    def workers(self) -> int:
        """How many can work at once; machines come and go."""
        found = self.gpus / self.share if self.share else self.cores
        return max(1, int(found))

    def map(self, work: Callable[[A], R], items: Iterable[A]) -> Iterator[R]:
        """Yields ``work(item)`` in the items' order; items are read as results are taken.

        Raises:
            UserError: the machines of an item were lost repeatedly; and what ``work`` raises.
        """
        # without max_calls a worker with a GPU would end after each item, and its model with it
        task = self.ray.remote(num_cpus=1, num_gpus=self.share, max_calls=0)(_from)
        folder, waiting = Path.cwd(), deque[Any]()
        try:
            for item in items:
                waiting.append(task.remote(folder, work, item))
                while len(waiting) >= AHEAD * self.workers:
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            for unwanted in waiting:
                self.ray.cancel(unwanted)

    def _result(self, reference: Any) -> Any:
        try:
            return self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            cause = getattr(error, "cause", error)  # raised by the work itself
            if not isinstance(cause, self.ray.exceptions.RayError):
                raise cause from None
            why = f"{type(cause).__name__}: {str(cause).partition(chr(10))[0]}"
            raise UserError(f"Ray gave up on an item ({why}); run the same command to resume") from None


def _check_address(address: str) -> None:
    """Raises a ``UserError`` where nothing answers; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdecimal():
        try:
            socket.create_connection((host, int(port)), timeout=ANSWER_S).close()
        except OSError as error:
            why = error.strerror or error
            raise UserError(
                f"RAY_ADDRESS {address}: no cluster answers there ({why}); `ray start` starts one"
            ) from None


def _from(folder: Path, work: Callable[[A], R], item: A) -> R:
    """Works in the folder of the command, so that its paths mean the same."""
    try:
        os.chdir(folder)
    except FileNotFoundError:
        raise UserError(f"{folder}: not on {os.uname().nodename}; every machine must see the same folders") from None
    return work(item)
