"""What a training leaves to read: a line of JSON for each step and evaluation, and TensorBoard where there is one."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

LOG = "log.jsonl"


class Log:
    """``log.jsonl`` and ``tensorboard/`` of a run folder.

    Args:
        folder: the run folder.
        length: bytes of the log that a checkpoint vouches for; what a killed run wrote after them is cut off.
        step: optimiser step that the run goes on from.
    """

    def __init__(self, folder: Path, length: int, step: int) -> None:
        self._file = (folder / LOG).open("ab")
        self._file.truncate(length)
        self._board = _board(folder / "tensorboard", step)

    def write(self, kind: str, step: int, **figures: Any) -> None:
        """Adds one line ``{"kind": kind, "step": step, ...}``."""
        line = json.dumps({"kind": kind, "step": step, **figures}, ensure_ascii=False)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        if self._board is not None:
            for name, value in figures.items():
                if isinstance(value, (int, float)):
                    self._board.add_scalar(f"{kind}/{name}", value, step)

    @property
    def length(self) -> int:
        """Bytes written so far."""
        return self._file.seek(0, 2)

    def close(self) -> None:
        self._file.close()
        if self._board is not None:
            self._board.close()


def _board(folder: Path, step: int) -> Any:
    if importlib.util.find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=step)
