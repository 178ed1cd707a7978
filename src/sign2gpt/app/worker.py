"""A run at work in a process of its own, with limits: what a crafted video does to it stays there.

Requests and answers cross a socket as JSON: a worker that a video took over cannot make this process run anything.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from multiprocessing import get_context
from typing import Any

from sign2gpt.app.at_work import STOP, work
from sign2gpt.app.limits import Limits
from sign2gpt.app.refusals import Refused
from sign2gpt.app.wire import Wire
from sign2gpt.common.errors import UserError

START_S = 600.0
"""A run of several gigabytes takes its time to load."""
BEGIN_S = 30.0
"""An idle process takes on a task at once, or never."""

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
        self._left_until: float | None = None
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
            self._hear_out()
            if not self._begun(task, arguments):  # it died between two tasks: nobody's fault who asks now
                self._restart()
                if not self._begun(task, arguments):
                    raise Refused("worker_lost")
            until = time.monotonic() + self.limits.work_s
            try:
                yield from self._answers(until)
            except GeneratorExit:  # whoever closes must not wait, it may be the server's own loop
                self._left_until = until
                with suppress(OSError):
                    self._wire.send(STOP, {}, seconds=0)
                raise

    def tell(self, task: str, **arguments: Any) -> Answer:
        """The last that `ask` yields."""
        *_, last = self.ask(task, **arguments)
        return last

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._wire.close()

    def _hear_out(self) -> None:
        """Waits until what a visitor who left had asked for is over, as one who had stayed would have had to."""
        until, self._left_until = self._left_until, None
        if until is not None:
            with suppress(Refused):
                for _ in self._answers(until):
                    pass

    def _begun(self, task: str, arguments: Answer) -> bool:
        """Whether the process took the task on."""
        try:
            self._wire.send(task, arguments, seconds=BEGIN_S)
            return self._heard(BEGIN_S)[0] == "begun"
        except (EOFError, OSError):
            return False

    def _answers(self, until: float) -> Generator[Answer]:
        """What the process says of its task; it is begun again where it says nothing in time, or nothing that is known.

        Raises:
            Refused: the task was turned down, or is over like that.
        """
        try:
            while True:
                kind, value = self._heard(until - time.monotonic())
                if kind == "done":
                    return
                if kind == "refused":
                    raise _refused(value)
                if kind != "said" or not isinstance(value, dict):
                    raise EOFError
                yield value
        except TimeoutError:
            self._restart()
            raise Refused("too_slow", {"seconds": f"{self.limits.work_s:.0f}"}) from None
        except (EOFError, OSError):
            self._restart()
            raise Refused("worker_lost") from None

    def _heard(self, seconds: float) -> tuple[str, Any]:
        """What comes next; who says what cannot be read is as good as dead."""
        try:
            kind, value = self._wire.hear(seconds)
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
        words = (there, self.run, self.limits, self.device)
        self._process = get_context("spawn").Process(target=work, args=words, daemon=True)
        self._process.start()
        there.close()
        try:
            kind, value = self._heard(START_S)
        except TimeoutError:
            raise UserError(f"{self.run}: not loaded after {START_S:.0f} seconds") from None
        except (EOFError, OSError):
            raise UserError(f"{self.run}: the process that loads it stopped; what it printed says why") from None
        if kind != "ready":
            raise UserError(value)


def _refused(value: Any) -> Refused:
    """Why a task was turned down.

    Raises:
        EOFError: it is not told as `at_work` tells it.
    """
    try:
        return Refused(**value)
    except (TypeError, ValueError):
        raise EOFError from None
