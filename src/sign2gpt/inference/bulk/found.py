"""Finds the videos of a corpus, or of a folder at any depth."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import printable
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.tables import INFO
from sign2gpt.video.suffixes import NO_VIDEO


def videos_in(source: Path) -> dict[str, Path]:
    """Videos by their paths inside ``source``: of a corpus those of its tables, of another folder those at any depth.

    In a folder every file counts whose name does not rule it out (`NO_VIDEO`), so that FFmpeg decides. Links to files
    and folders are followed; each folder is read once, so a loop of links ends.

    Raises:
        UserError: there are none, or there is no such folder.
    """
    if not source.is_dir():
        problem = "is a file; give its folder, or use `sign2gpt translate`" if source.exists() else "no such folder"
        raise UserError(f"{source}: {problem}")
    names = _of_corpus(source) if (source / INFO).is_file() else _of_folder(source)
    shown = (name for name in names if not any(part.startswith(".") for part in name.parts))
    videos = {printable(name.as_posix()): source / name for name in shown}
    if not videos:
        raise UserError(f"{source}: no videos here; give a corpus, or a folder with video files at any depth")
    return videos


def _of_corpus(source: Path) -> Iterator[Path]:
    corpus = Corpus.open(source)
    if corpus.shards:
        raise UserError(f"{source}: contains shards; give the corpus that they were written from")
    rows = (row for split in corpus.splits for row in corpus.rows(split))
    return (row.path.relative_to(source) for row in rows if isinstance(row.path, Path))


def _readable(path: Path) -> bool:
    """Whether this is a file or a broken link; reading a pipe or device might never end."""
    return path.is_file() or not path.exists()


def _of_folder(source: Path) -> Iterable[Path]:
    """Files that may be videos, in linked folders too; no folder is read twice."""
    linked, read, found = [source], set[str](), list[Path]()
    while linked:
        start, inside = linked.pop(0), list[Path]()
        for folder, names, files in os.walk(start):
            real = os.path.realpath(folder)
            if real in read:
                names.clear()
                continue
            read.add(real)
            here = Path(folder)
            names[:] = sorted(name for name in names if not name.startswith("."))
            inside += [here / name for name in names if (here / name).is_symlink()]
            found += [here / name for name in files if not NO_VIDEO.search(name) and _readable(here / name)]
        linked += inside
    return sorted(path.relative_to(source) for path in found)
