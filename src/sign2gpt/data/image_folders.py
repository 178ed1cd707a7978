"""Clips that a release keeps as folders of images."""

from __future__ import annotations

import os
from pathlib import Path


def listed_images(folder: Path, root: Path) -> set[str] | str:
    """Names of the files in ``folder``, or why its images cannot be read: there are none, or links leave ``root``."""
    try:
        with os.scandir(folder) as files:
            found = {file.name: file.is_symlink() for file in files if not file.name.startswith(".")}
    except (FileNotFoundError, NotADirectoryError):
        return f"no folder {folder}"
    real_root = os.path.realpath(root)
    for place in (folder, *(folder / name for name, linked in found.items() if linked)):
        if not Path(os.path.realpath(place)).is_relative_to(real_root):
            return f"{place} is a link that leaves {root}"
    return set(found) or f"no images in {folder}"
