"""A worker's own process: it loads a run, then does the tasks of `worker`, within a limit of memory."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from sign2gpt.app.limits import PageLimits, Refused
from sign2gpt.app.worker.wire import Wire
from sign2gpt.common.errors import UserError

if TYPE_CHECKING:
    from sign2gpt.app.worker.tasks import Tasks

STOP = "stop"
"""Sent instead of a task: the rest of the current one is not needed."""


def work(there: socket.socket, run: str, limits: PageLimits, device: str) -> None:
    """Does tasks until the other side closes: "begun", "answer" as often as needed, then "done" or "refused"."""
    from sign2gpt.app.worker.tasks import Tasks

    wire = Wire(there)
    try:
        tasks = Tasks(run, limits, device)
    except UserError as error:
        return wire.send("failed", str(error))
    if tasks.translator.device.type == "cpu":  # a GPU's driver reserves addresses freely
        _limit_memory(limits)
    wire.send("ready", None)
    while True:
        try:
            task, arguments = wire.receive()
        except (EOFError, OSError):
            return None
        if task != STOP:  # it may come after the end of its task
            _answer(wire, tasks, task, arguments)


def _answer(wire: Wire, tasks: Tasks, task: str, arguments: dict[str, Any]) -> None:
    wire.send("begun", None)
    try:
        for answer in getattr(tasks, task)(**arguments):
            wire.send("answer", answer)
            if wire.waiting():  # only STOP comes during a task
                break
        wire.send("done", None)
    except Refused as refused:
        wire.send("refused", {"key": refused.key, "values": refused.values})
    except MemoryError:
        wire.send("refused", {"key": "too_much_memory"})
    except UserError as error:
        why = str(error).removeprefix(f"{arguments.get('video')}: ")  # the path of an upload is private
        wire.send("refused", {"key": "unreadable", "values": {"why": why}})


def _limit_memory(limits: PageLimits) -> None:
    """Limits writable memory (RLIMIT_DATA); where the kernel does not report it (macOS), there is no limit."""
    import re
    import resource
    from pathlib import Path

    status = Path("/proc/self/status")
    used = re.search(r"VmData:\s+(\d+) kB", status.read_text()) if status.exists() else None
    if used is not None:
        limit = (int(used[1]) << 10) + (limits.memory_mb << 20)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
