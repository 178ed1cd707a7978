"""A run at work in a process of its own, with limits: what a crafted video does to it stays there.

Requests and answers cross a pipe as JSON: a worker that a video took over cannot make this process run anything.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
from collections.abc import Generator, Iterator
from multiprocessing.connection import Connection
from typing import Any

from sign2gpt.app.limits import Limits
from sign2gpt.app.refusals import Refused
from sign2gpt.common.errors import UserError

START_S = 600.0
"""A run of several gigabytes takes its time to load."""
BEGIN_S = 30.0
"""An idle process takes on a task at once, or never."""
LONGEST_ANSWER = 64 << 20

Answer = dict[str, Any]


class Worker:
    """One process that does one task after the other; it is killed and begun again when it hangs or dies.

    Raises:
        UserError: its run cannot be loaded.
    """

    def __init__(self, run: str, limits: Limits, device: str = "auto") -> None:
        self.run, self.limits, self.device = run, limits, device
        self.restarts = 0
        self._turn = threading.Lock()
        self._start()

    @property
    def pid(self) -> int | None:
        """The process that works now."""
        return self._process.pid if self._process.is_alive() else None

    @property
    def busy(self) -> bool:
        """Whether somebody's task is being done."""
        return self._turn.locked()

    def ask(self, task: str, **arguments: Any) -> Iterator[Answer]:
        """Has a method of `Tasks` run there, and yields what it yields; whoever asks meanwhile waits.

        Raises:
            Refused: the task was turned down, took too long, or ended the process.
        """
        with self._turn:
            if not self._begun(task, arguments):  # it died between two tasks: nobody's fault who asks now
                self._restart()
                if not self._begun(task, arguments):
                    raise Refused("worker_lost")
            yield from self._answers()

    def tell(self, task: str, **arguments: Any) -> Answer:
        """The last that `ask` yields."""
        *_, last = self.ask(task, **arguments)
        return last

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def _begun(self, task: str, arguments: Answer) -> bool:
        """Whether the process took the task on."""
        try:
            self._pipe.send_bytes(json.dumps([task, arguments]).encode())
            return self._heard(BEGIN_S)[0] == "begun"
        except (EOFError, OSError, Refused):
            return False

    def _answers(self) -> Generator[Answer]:
        until, whole = time.monotonic() + self.limits.work_s, False
        try:
            while True:
                kind, value = self._heard(until - time.monotonic())
                if kind == "refused":
                    refused = _refused(value)
                    whole = True
                    raise refused
                if kind == "done":
                    whole = True
                    return
                if kind != "said" or not isinstance(value, dict):
                    raise EOFError
                yield value
        except (EOFError, OSError):
            raise Refused("worker_lost") from None
        finally:
            if not whole:  # it hangs, it died, or nobody wants the rest
                self._restart()

    def _heard(self, seconds: float) -> tuple[str, Any]:
        """What comes next out of the pipe; who says what cannot be read is as good as dead."""
        if not self._pipe.poll(max(0.0, seconds)):
            raise Refused("too_slow", {"seconds": f"{self.limits.work_s:.0f}"})
        try:
            kind, value = json.loads(self._pipe.recv_bytes(LONGEST_ANSWER))
        except (ValueError, TypeError, RecursionError):
            raise EOFError from None
        return kind, value

    def _restart(self) -> None:
        self.close()
        self.restarts += 1
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        words = (other, self.run, self.limits, self.device)
        self._process = context.Process(target=_work, args=words, daemon=True)
        self._process.start()
        other.close()
        try:
            kind, value = self._heard(START_S)
        except Refused:
            raise UserError(f"{self.run}: not loaded after {START_S:.0f} seconds") from None
        except EOFError:
            raise UserError(f"{self.run}: the process that loads it stopped; what it printed says why") from None
        if kind != "ready":
            raise UserError(value)


def _refused(value: Any) -> Refused:
    """Why a task was turned down.

    Raises:
        EOFError: it is not told as `_work` tells it.
    """
    try:
        return Refused(**value)
    except (TypeError, ValueError):
        raise EOFError from None


def _work(pipe: Connection, run: str, limits: Limits, device: str) -> None:
    """The other process: loads the run, then answers until the pipe closes."""
    from sign2gpt.app.tasks import Tasks

    def send(kind: str, value: Any = None) -> None:
        pipe.send_bytes(json.dumps([kind, value]).encode())

    try:
        tasks = Tasks(run, limits, device)
    except UserError as error:
        return send("failed", str(error))
    if tasks.translator.device.type == "cpu":  # a GPU's driver takes addresses as it likes
        _limit_memory(limits)
    send("ready")
    while True:
        try:
            task, arguments = json.loads(pipe.recv_bytes())
        except EOFError:
            return None
        send("begun")
        try:
            for answer in getattr(tasks, task)(**arguments):
                send("said", answer)
            send("done")
        except Refused as refused:
            send("refused", {"key": refused.key, "values": refused.values})
        except MemoryError:
            send("refused", {"key": "too_much_memory"})
        except UserError as error:
            why = str(error).removeprefix(f"{arguments.get('video')}: ")  # where an upload lies is nobody's business
            send("refused", {"key": "unreadable", "values": {"why": why}})


def _limit_memory(limits: Limits) -> None:
    """RLIMIT_DATA counts what a process may write to; where the kernel does not tell it (macOS), nothing is limited."""
    import re
    import resource
    from pathlib import Path

    status = Path("/proc/self/status")
    held = re.search(r"VmData:\s+(\d+) kB", status.read_text()) if status.exists() else None
    if held is not None:
        limit = (int(held[1]) << 10) + (limits.memory_mb << 20)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
