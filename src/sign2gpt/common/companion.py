"""Work of ours that runs beside this process, half of the cores each."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection, wait
from pathlib import Path

from sign2gpt.common.engine import cores
from sign2gpt.common.errors import UserError


@contextmanager
def beside(work: Callable[..., object], *arguments: object, log: Path) -> Generator[None]:
    """Runs ``work(*arguments)`` in a process of its own while the block runs in this one; both end before it is left.

    Small models gain little from a second thread, so two trainings beside one another end sooner than one by one.

    Args:
        work: a function of a module (it is pickled).
        log: what the process prints is added to it.

    Raises:
        UserError: the mistake that stopped ``work``; an error of the block stops ``work`` and is raised instead.
    """
    import torch

    log.parent.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    received, sent = context.Pipe(duplex=False)
    threads, before = max(1, cores() // 2), torch.get_num_threads()
    process = context.Process(target=_companion, args=(work, arguments, threads, log, sent))
    process.start()
    sent.close()
    torch.set_num_threads(threads)
    try:
        yield
        process.join()
    finally:
        process.terminate()
        process.join()
        torch.set_num_threads(before)
    if process.exitcode != 0:
        raise UserError(_told(received) or f"stopped with code {process.exitcode}: {log} says why")


def _companion(
    work: Callable[..., object], arguments: tuple[object, ...], threads: int, log: Path, told: Connection
) -> None:
    import torch

    threading.Thread(target=_leave_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    with log.open("a", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        try:
            work(*arguments)
        except UserError as error:
            told.send(str(error))
            sys.exit(2)
        except KeyboardInterrupt:
            sys.exit(130)


def _leave_with_parent() -> None:
    """A process whose parent was killed would go on writing where the next attempt writes."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _told(received: Connection) -> str | None:
    """What the process sent before it ended; its end of the pipe is closed by now."""
    try:
        return received.recv()
    except EOFError:
        return None
