"""What the tests let another process do."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from sign2gpt.common.errors import UserError


def write(path: Path, text: str) -> None:
    print("writing")
    path.write_text(text)


def fail() -> None:
    raise UserError("the corpus is gone")


def crash() -> None:
    os._exit(7)


def killed_at(unlucky: int, number: int) -> int:
    """The number, unless that is the one at which memory runs out."""
    if number == unlucky:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def wait_for_ever(fifo: str) -> None:
    """Holds a pipe open: its reader knows that this process lives until the pipe ends."""
    with Path(fifo).open("w") as held:
        held.write("here")
        held.flush()
        threading.Event().wait()
