"""Seconds of the stages of a long job, summed over its attempts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sign2gpt.common.files import read_json, write_json


def timed(path: Path, name: str, work: Callable[[], object]) -> None:
    """Does a stage and adds its seconds to those of earlier attempts in ``path``; a finished stage is skipped."""
    timings = _read(path)
    if finished(path, name):
        return
    before, started = timings.get(name, {}).get("seconds", 0.0), time.monotonic()
    ended = False
    try:
        work()
        ended = True
    finally:
        seconds = round(before + time.monotonic() - started, 1)
        write_json(path, timings | {name: {"seconds": seconds, "finished": ended}})


def finished(path: Path, name: str) -> bool:
    return _read(path).get(name, {}).get("finished", False)


def seconds_of(path: Path) -> dict[str, float]:
    """Seconds of each stage that was started, in order."""
    return {name: entry["seconds"] for name, entry in _read(path).items()}


def _read(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}
