"""What was kept of clips in a corpus' folder `CACHE`: which files are ours to delete there, and their deletion.

``frames/SPLIT/ID.rgb``                       decoded frames
``features/SPLIT-32 DIGITS.safetensors``      a frozen encoder's features of a split
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from sign2gpt.common.files import clear_partial
from sign2gpt.data.corpus import CACHE

_FEATURES = re.compile(r"\w+-[0-9a-f]{32}\.safetensors")


def clear_cache(folder: Path, ids: Mapping[str, Collection[str]]) -> None:
    """Deletes frames and features of a corpus; anything else in those folders, or behind links, stays.

    The cache and its folders may be links to a larger disk: our files there go, then the links.

    Args:
        ids: by split, of all clips that the corpus lists or listed.
    """
    cache = folder / CACHE
    for place in (cache, cache / "frames", *(cache / "frames" / split for split in ids), cache / "features"):
        if place.is_dir():
            clear_partial(place)
    for split, names in ids.items():
        for name in names:
            if ".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute():
                _unlink(cache / "frames" / split / f"{name}.rgb")
    for path in (cache / "features").glob("*"):
        if _FEATURES.fullmatch(path.name):
            _unlink(path)
    for split in ids:
        _leave(cache / "frames" / split)
    for place in (cache / "frames", cache / "features", cache):
        _leave(place)


def _unlink(path: Path) -> None:
    if path.is_file() or path.is_symlink():
        path.unlink()


def _leave(folder: Path) -> None:
    """Removes a folder that is empty now; of a link, the link and the empty folder that it points to."""
    target = folder.resolve()
    if folder.is_symlink():
        folder.unlink()
    with suppress(OSError):  # it is not there, or holds what is not ours
        target.rmdir()
