"""What made a result: versions, commit and machine."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGES = ("sign2gpt", "torch", "torchvision", "transformers", "timm", "tokenizers", "sacrebleu", "numpy", "av")


def provenance() -> dict[str, str | dict[str, str] | None]:
    """The commit (None outside a checkout), Python, the machine, and the versions of the main packages."""
    return {
        "git": git_commit(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def git_commit() -> str | None:
    """The commit of this checkout, with ``+changes`` where files differ from it; None outside a checkout."""
    if not _git("ls-files", "--error-unmatch", Path(__file__).name):
        return None  # installed in an environment inside another checkout
    return _git("describe", "--always", "--abbrev=40", "--dirty=+changes", "--exclude=*")


def _git(*words: str) -> str | None:
    try:
        command = ["git", "-C", str(Path(__file__).parent), *words]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return found.stdout.strip() or None


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
