"""Videos by the thousand: those of a corpus, or whatever in a folder may be one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import printable
from sign2gpt.data.corpus import INFO, Corpus

OTHER = re.compile(
    r"""\.(?:png|jpe?g|bmp|tiff?|heic|heif|avif|svg|ico|psd|xcf
        |wav|mp3|m4a|aac|flac|opus|wma|aiff?
        |txt|md|rst|log|csv|tsv|jsonl?|xml|ya?ml|toml|ini|html?|pdf|docx?|xlsx?|pptx?|od[st]|rtf|bib|tex
        |srt|vtt|ass|ssa|sbv|eaf|etf|pfsx|textgrid
        |zip|tar|t?gz|bz2|xz|7z|rar|zst
        |np[yz]|pth?|ckpt|pkl|pickle|safetensors|h5|hdf5|mat|parquet|feather|arrow|db|sqlite|md5|sha\d+|dvc
        |py|ipynb|sh|bat|js|css)$""",
    re.VERBOSE | re.IGNORECASE,
)
"""Endings of what lies next to videos and is none: pictures, sound, text, subtitles, archives, data, programs."""


def videos_in(source: Path) -> dict[str, Path]:
    """Videos by their paths inside a corpus, those of its tables, or inside a folder, at any depth.

    In a folder every file is taken that is not known to be something else, so that FFmpeg decides. Links to files and
    folders are followed; each folder is read once, so a loop of links ends.

    Raises:
        UserError: there are none, or no such folder.
    """
    if not source.is_dir():
        what = "is a file; name its folder, or use `sign2gpt translate`" if source.exists() else "no such folder"
        raise UserError(f"{source}: {what}")
    names = _of_corpus(source) if (source / INFO).is_file() else _of_folder(source)
    shown = (name for name in names if not any(part.startswith(".") for part in name.parts))
    videos = {printable(name.as_posix()): source / name for name in shown}
    if not videos:
        raise UserError(f"{source}: no videos here; it should be a corpus, or hold video files at any depth")
    return videos


def _of_corpus(source: Path) -> Iterator[Path]:
    corpus = Corpus.open(source)
    if corpus.shards:
        raise UserError(f"{source}: holds shards; name the corpus that they were written from")
    rows = (row for split in corpus.splits for row in corpus.rows(split))
    return (row.path.relative_to(source) for row in rows if isinstance(row.path, Path))


def _readable(path: Path) -> bool:
    """Whether this is a file, or a link to one that is missing, and no pipe or device, which might never end."""
    return path.is_file() or not path.exists()


def _of_folder(source: Path) -> Iterable[Path]:
    """Files by their names, those behind linked folders too; a folder that was read already is not read again."""
    linked, read, found = [source], set[str](), list[Path]()
    while linked:
        start, inside = linked.pop(0), list[Path]()
        for folder, names, files in os.walk(start):
            real = os.path.realpath(folder)
            if real in read:
                names.clear()
                continue
            read.add(real)
            place = Path(folder)
            names[:] = sorted(name for name in names if not name.startswith("."))
            inside += [place / name for name in names if (place / name).is_symlink()]
            found += [place / name for name in files if not OTHER.search(name) and _readable(place / name)]
        linked += inside
    return sorted(path.relative_to(source) for path in found)
