"""Work of ours that runs beside this process, half of the cores each."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from sign2gpt.common.engine import cores, leave_with_parent
from sign2gpt.common.errors import UserError, killed


class Companion:
    """A process that does one piece of work after the other, while this one does something else."""

    def __init__(self, log: Path, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, line_there = context.Pipe()
        self._log, self._begun, self._done = log, 0, 0
        self._process = context.Process(target=_companion, args=(threads, log, line_there))
        self._process.start()
        line_there.close()

    def begin(self, work: Callable[..., object], *arguments: object) -> None:
        """Puts ``work(*arguments)`` behind all that was begun before; functions of a module alone, as it is pickled."""
        self._begun += 1
        self._send((work, arguments))

    def wait(self, count: int | None = None) -> None:
        """Returns when the first ``count`` pieces of work are done, or all.

        Raises:
            UserError: the mistake that stopped one of them.
        """
        while self._done < (self._begun if count is None else count):
            try:
                mistake = self._line.recv()
            except (EOFError, ConnectionResetError):
                self._process.join()
                if self._process.exitcode == -signal.SIGKILL:
                    raise killed("the process beside this one") from None
                raise UserError(f"stopped with code {self._process.exitcode}: {self._log} says why") from None
            if mistake is not None:
                raise UserError(mistake)
            self._done += 1

    def finish(self) -> None:
        """Lets the process end once all is done."""
        self.wait()
        self._send(None)
        self._process.join()

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()

    def _send(self, given: object) -> None:
        with suppress(BrokenPipeError):  # it ended, `wait` tells why
            self._line.send(given)


@contextmanager
def beside(log: Path) -> Generator[Companion]:
    """A companion for as long as the block runs, all that was begun done when it is left.

    Small models gain little from a second thread, so two trainings beside one another end sooner than one by one.

    Args:
        log: what the companion prints is added to it.

    Raises:
        UserError: the mistake that stopped its work; an error of the block stops it and is raised instead.
    """
    import torch

    log.parent.mkdir(parents=True, exist_ok=True)
    threads, before = max(1, cores() // 2), torch.get_num_threads()
    companion = Companion(log, threads)
    torch.set_num_threads(threads)
    try:
        yield companion
        companion.finish()
    finally:
        companion.stop()
        torch.set_num_threads(before)


def _companion(threads: int, log: Path, line: Connection) -> None:
    import torch

    threading.Thread(target=leave_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    with log.open("a", encoding="utf-8", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        try:
            while (given := line.recv()) is not None:
                work, arguments = given
                work(*arguments)
                line.send(None)
        except UserError as error:
            line.send(str(error))
            sys.exit(2)
        except KeyboardInterrupt:
            sys.exit(130)
