"""A worker's own process: it loads a run, then does what `worker` asks for, within its memory."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from sign2gpt.app.limits import Limits
from sign2gpt.app.refusals import Refused
from sign2gpt.app.wire import Wire
from sign2gpt.common.errors import UserError

if TYPE_CHECKING:
    from sign2gpt.app.tasks import Tasks

STOP = "stop"
"""In a task's place: nobody wants the rest of the one before."""


def work(there: socket.socket, run: str, limits: Limits, device: str) -> None:
    """Answers until nobody is there to ask: "begun", then "said" as often as it likes, then "done" or "refused"."""
    from sign2gpt.app.tasks import Tasks

    wire = Wire(there)
    try:
        tasks = Tasks(run, limits, device)
    except UserError as error:
        return wire.send("failed", str(error))
    if tasks.translator.device.type == "cpu":  # a GPU's driver takes addresses as it likes
        _limit_memory(limits)
    wire.send("ready", None)
    while True:
        try:
            task, arguments = wire.hear()
        except (EOFError, OSError):
            return None
        if task != STOP:  # which may come after the end of what it should have stopped
            _answer(wire, tasks, task, arguments)


def _answer(wire: Wire, tasks: Tasks, task: str, arguments: dict[str, Any]) -> None:
    wire.send("begun", None)
    try:
        for answer in getattr(tasks, task)(**arguments):
            wire.send("said", answer)
            if wire.waiting():  # it can only be that nobody wants the rest
                break
        wire.send("done", None)
    except Refused as refused:
        wire.send("refused", {"key": refused.key, "values": refused.values})
    except MemoryError:
        wire.send("refused", {"key": "too_much_memory"})
    except UserError as error:
        why = str(error).removeprefix(f"{arguments.get('video')}: ")  # where an upload lies is nobody's business
        wire.send("refused", {"key": "unreadable", "values": {"why": why}})


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
