"""What comes along with the package: a trained demo model and clips to try it on."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from sign2gpt.common.errors import UserError


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
