"""A command that is killed on the way (kill -9), and what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

Start = Callable[[], "subprocess.Popen[Any]"]
POLL_S = 0.02


def killed(start: Start, seconds: float, *, with_workers: bool = True) -> bool:
    """Starts a run in a session of its own and kills it after some seconds; whether it was still running."""
    run = start()
    try:
        run.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL) if with_workers else run.kill()
        run.communicate()
        return True
    return False


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def killed_once(ready: Callable[[], bool], start: Start) -> None:
    """Starts a run in a session of its own and kills it, with its workers, as soon as ``ready`` says so."""
    run = start()
    wait_until(ready, run)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()


def workers_of(pid: int) -> list[int]:
    """The worker processes that a command has begun."""
    found: list[int] = []
    for process in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        if b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes():
            found.append(process)
    return found


def wait_until(ready: Callable[[], bool], run: subprocess.Popen[Any]) -> None:
    """Returns when ``ready`` says so; a run that ends before is an error."""
    while not ready():
        try:
            told = run.communicate(timeout=POLL_S)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"it ended too early: {told}")
