"""The systems: one folder each, and the one place that knows their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sign2gpt.common.errors import UserError, nearest

if TYPE_CHECKING:
    from pathlib import Path

    from sign2gpt.model.runs.run import Run
    from sign2gpt.systems.system import System

SYSTEMS = ("sign2gpt",)


def system_named(name: str) -> System:
    """The system that a recipe names as ``model.system``; light to load, torch comes with what it makes.

    Raises:
        UserError: there is no such system.
    """
    match name:
        case "sign2gpt":
            from sign2gpt.systems.sign2gpt.system import Sign2GPTSystem

            return Sign2GPTSystem()
        case _:
            raise UserError(f"model.system {name}: no such system{nearest(name, SYSTEMS)}")


def load_run(folder: Path, device: str = "cpu") -> Run:
    """A finished run of any system; see `sign2gpt.model.runs.run.load_run`."""
    from sign2gpt.model.runs import run

    return run.load_run(folder, system_named, device)
