"""A run in a process of its own, with limits, so that a crafted video can only harm that process.

Requests and answers cross a socket as JSON: a process that a video has taken over cannot make this one run code.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from multiprocessing import get_context
from typing import Any

from sign2gpt.app.limits import PageLimits, Refused
from sign2gpt.app.worker.wire import Wire
from sign2gpt.app.worker.worker_process import STOP, work
from sign2gpt.common.errors import UserError

START_S = 600.0
"""Longest time to load a run, which may have several gigabytes."""
BEGIN_S = 30.0
"""Longest time to begin a task: an idle process begins at once, or never."""

Answer = dict[str, Any]


class Worker:
    """One process that does one task after the other; it is restarted when it hangs or dies.

    Raises:
        UserError: its run cannot be loaded.
    """

    def __init__(self, run: str, limits: PageLimits, device: str = "auto") -> None:
        self.run, self.limits, self.device = run, limits, device
        self.restarts = 0
        self._lock = threading.Lock()
        self._left_until: float | None = None
        self._start()

    @property
    def pid(self) -> int | None:
        """Of the current process."""
        return self._process.pid if self._process.is_alive() else None

    @property
    def busy(self) -> bool:
        """Whether a task is being done."""
        return self._lock.locked()

    def ask(self, task: str, **arguments: Any) -> Iterator[Answer]:
        """Runs a method of `Tasks` in the process and yields what it yields; other callers wait until it is done.

        Raises:
            Refused: the task was refused, took too long, or ended the process.
        """
        with self._lock:
            self._finish_abandoned()
            if not self._begun(task, arguments):  # it died between two tasks
                self._restart()
                if not self._begun(task, arguments):
                    raise Refused("worker_lost")
            until = time.monotonic() + self.limits.work_s
            try:
                yield from self._answers(until)
            except GeneratorExit:  # closing must not wait: the server's own loop may do it
                self._left_until = until
                with suppress(OSError):
                    self._wire.send(STOP, {}, seconds=0)
                raise

    def call(self, task: str, **arguments: Any) -> Answer:
        """The last value that `ask` yields."""
        *_, last = self.ask(task, **arguments)
        return last

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._wire.close()

    def _finish_abandoned(self) -> None:
        """Waits for the end of a task whose visitor has left, within its own limit of time."""
        until, self._left_until = self._left_until, None
        if until is not None:
            with suppress(Refused):
                for _ in self._answers(until):
                    pass

    def _begun(self, task: str, arguments: Answer) -> bool:
        """Whether the process began the task."""
        try:
            self._wire.send(task, arguments, seconds=BEGIN_S)
            return self._received(BEGIN_S)[0] == "begun"
        except (EOFError, OSError):
            return False

    def _answers(self, until: float) -> Generator[Answer]:
        """The answers to a task; the process is restarted if none comes in time, or none that is valid.

        Raises:
            Refused: the task was refused, or the process was restarted.
        """
        try:
            while True:
                kind, value = self._received(until - time.monotonic())
                if kind == "done":
                    return
                if kind == "refused":
                    raise _refused(value)
                if kind != "answer" or not isinstance(value, dict):
                    raise EOFError
                yield value
        except TimeoutError:
            self._restart()
            raise Refused("too_slow", {"seconds": f"{self.limits.work_s:.0f}"}) from None
        except (EOFError, OSError):
            self._restart()
            raise Refused("worker_lost") from None

    def _received(self, seconds: float) -> tuple[str, Any]:
        """The next message; one that cannot be read counts as the end of the process."""
        try:
            kind, value = self._wire.receive(seconds)
        except (ValueError, TypeError):
            raise EOFError from None
        return kind, value

    def _restart(self) -> None:
        self.close()
        self.restarts += 1
        self._start()

    def _start(self) -> None:
        here, there = socket.socketpair()
        self._wire = Wire(here)
        arguments = (there, self.run, self.limits, self.device)
        self._process = get_context("spawn").Process(target=work, args=arguments, daemon=True)
        self._process.start()
        there.close()
        try:
            kind, value = self._received(START_S)
        except TimeoutError:
            raise UserError(f"{self.run}: not loaded after {START_S:.0f} seconds") from None
        except (EOFError, OSError):
            raise UserError(f"{self.run}: the process that loads it stopped; see its output above") from None
        if kind != "ready":
            raise UserError(value)


def _refused(value: Any) -> Refused:
    """Why a task was refused.

    Raises:
        EOFError: this is not what `worker_process` sends.
    """
    try:
        return Refused(**value)
    except (TypeError, ValueError):
        raise EOFError from None
