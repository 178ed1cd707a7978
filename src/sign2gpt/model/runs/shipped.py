"""What comes along with the package: a trained demo model and clips to try it on."""

from __future__ import annotations

from importlib import resources
from os import PathLike
from pathlib import Path

from sign2gpt.common.errors import UserError
from sign2gpt.model.runs.publishing import run_folder

SHIPPED = "demo"
"""The name of the bundled run."""


def shipped_run() -> Path:
    """The folder of the model that comes along.

    Raises:
        UserError: this installation has none.
    """
    return _shipped("demo", "demo model; train one with `sign2gpt demo`, then name its run: demo/runs/translate")


def shipped_examples() -> list[Path]:
    """The example clips that come along.

    Raises:
        UserError: this installation has none.
    """
    return sorted(_shipped("examples", "example clips; name a video").glob("*.mp4"))


def _shipped(name: str, what: str) -> Path:
    folder = Path(str(resources.files("sign2gpt"))) / "assets" / name
    if not folder.is_dir():
        raise UserError(f"this installation of sign2gpt carries no {what}")
    return folder


def find_run(name: str | PathLike[str], revision: str | None = None) -> Path:
    """The folder of a run, of one on the hub, or of the model that comes along: see `Translator.from_pretrained`.

    Raises:
        UserError: the hub gives none, or this installation carries no model.
    """
    return shipped_run() if str(name) == SHIPPED else run_folder(name, revision)
