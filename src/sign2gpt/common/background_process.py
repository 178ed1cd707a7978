"""A process of ours that works next to this one, with half of the cores each."""

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


class BackgroundProcess:
    """A process that does one piece of work after the other, while this one does something else."""

    def __init__(self, log: Path, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, its_connection = context.Pipe()
        self._log, self._begun, self._done = log, 0, 0
        self._process = context.Process(target=_work, args=(threads, log, its_connection))
        self._process.start()
        its_connection.close()

    def begin(self, work: Callable[..., object], *arguments: object) -> None:
        """Queues ``work(*arguments)``; only functions of a module, because they are pickled."""
        self._begun += 1
        self._send((work, arguments))

    def wait(self, count: int | None = None) -> None:
        """Returns when the first ``count`` pieces of work are done, or all.

        Raises:
            UserError: the mistake that stopped one of them.
        """
        while self._done < (self._begun if count is None else count):
            try:
                mistake = self._connection.recv()
            except (EOFError, ConnectionResetError):
                self._process.join()
                if self._process.exitcode == -signal.SIGKILL:
                    raise killed("the background process") from None
                why = f"the background process stopped with code {self._process.exitcode}"
                raise UserError(f"{why}; its output is in {self._log}") from None
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

    def _send(self, message: object) -> None:
        with suppress(BrokenPipeError):  # it has ended, and `wait` raises why
            self._connection.send(message)


@contextmanager
def background_process(log: Path) -> Generator[BackgroundProcess]:
    """A background process for as long as the block runs; all its work is done when the block ends.

    Small models gain little from a second thread, so two trainings at a time end sooner than one after the other.

    Args:
        log: file to which the output of the background process is appended.

    Raises:
        UserError: the mistake that stopped its work; an error of the block stops it and is raised instead.
    """
    import torch

    log.parent.mkdir(parents=True, exist_ok=True)
    threads, before = max(1, cores() // 2), torch.get_num_threads()
    process = BackgroundProcess(log, threads)
    torch.set_num_threads(threads)
    try:
        yield process
        process.finish()
    finally:
        process.stop()
        torch.set_num_threads(before)


def _work(threads: int, log: Path, connection: Connection) -> None:
    import torch

    threading.Thread(target=leave_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    with log.open("a", encoding="utf-8", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        try:
            while (message := connection.recv()) is not None:
                work, arguments = message
                work(*arguments)
                connection.send(None)
        except UserError as error:
            connection.send(str(error))
            sys.exit(2)
        except KeyboardInterrupt:
            sys.exit(130)
