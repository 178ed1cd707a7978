"""Removes clips from a corpus for good: their files, their rows, their pseudo-glosses (docs/consent.md).

The clips to remove are written to `REMOVAL` first: the next removal finishes one that was killed, and until then the
corpus cannot be opened. Rows are removed before files, so no table lists a missing clip.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path, PurePosixPath

from sign2gpt.common.cards import CARD
from sign2gpt.common.errors import Problems, UserError, nearest
from sign2gpt.common.files import LARGEST_LISTS, atomic_file, clear_partial, open_file, read_json, write_json
from sign2gpt.common.progress import say
from sign2gpt.common.text import normalised
from sign2gpt.data.cache import clear_cache
from sign2gpt.data.card import write_corpus_card
from sign2gpt.data.corpus import REMOVAL, ClipRow, Corpus, id_of
from sign2gpt.data.glosses.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.data.tables import METADATA, file_problem
from sign2gpt.video.suffixes import IMAGES, VIDEOS


@dataclass(frozen=True)
class Leaving:
    """A clip to remove; ``file`` is its path in the folder of its split, ``sha256`` the hash that runs store of it."""

    split: str
    file: str
    signer: str
    sha256: str

    @property
    def id(self) -> str:
        return id_of(self.file)


def choose(
    corpus: Corpus, ids: Collection[str], signers: Collection[str], gone: Collection[Leaving] = ()
) -> list[Leaving]:
    """The clips of these ids and of these signers, in the order of the tables.

    Args:
        gone: clips that `resume` has just removed: naming them again is no error.

    Raises:
        UserError: the corpus does not have some of the ids or signers (all of them are listed), or it has shards.
    """
    corpus.need_files("remove the clips from")
    signers = {normalised(signer) for signer in signers}
    rows = [row for split in corpus.splits for row in corpus.rows(split)]
    known_ids, known_signers = {row.id for row in rows}, {row.signer for row in rows} - {""}
    problems = Problems(str(corpus.folder))
    for name in sorted(set(ids) - known_ids - {clip.id for clip in gone}):
        problems.add(f"no clip {name}{nearest(name, known_ids)}")
    for name in sorted(set(signers) - known_signers - {clip.signer for clip in gone}):
        problems.add(f"no signer {name}{nearest(name, known_signers)}")
    leaving = [_leaving(row, corpus.folder) for row in rows if row.id in ids or row.signer in signers]
    for clip in leaving:
        if _not_deletable(corpus.folder, clip):
            problems.add(f"{clip.split}/{clip.file} is neither a video nor a folder of images; delete it by hand")
    problems.raise_if_any()
    return leaving


def take_out(folder: Path, clips: Sequence[Leaving]) -> None:
    """Removes clips from a corpus, and counts its pseudo-glosses without them."""
    write_json(folder / REMOVAL, [asdict(clip) for clip in clips])
    _finish(folder, clips)


def resume(folder: Path) -> list[Leaving]:
    """Finishes a removal that was killed, if there is one; returns the clips that it removed.

    Raises:
        UserError: the list of clips to remove cannot be read, or names files outside the corpus.
    """
    path = folder / REMOVAL
    if not path.is_file():
        return []
    found = read_json(path)
    try:
        clips = [Leaving(**clip) for clip in found]
        wrong = [clip.file for clip in clips if _outside(folder, clip) or _not_deletable(folder, clip)]
    except (TypeError, AttributeError, ValueError):
        raise UserError(f"{path}: not a list of clips to remove; sign2gpt did not write it, so delete it") from None
    if wrong:
        raise UserError(
            f"{path}: {wrong[0]!r} is not a clip of this corpus; sign2gpt did not write this file, so delete it"
        )
    clear_partial(folder)
    _finish(folder, clips)
    return clips


def _finish(folder: Path, clips: Sequence[Leaving]) -> None:
    """All steps after the first; each may already have been done."""
    listed = {table.parent.name: set(_ids(table)) for table in folder.glob(f"*/{METADATA}")}
    for clip in clips:
        listed[clip.split].add(clip.id)
    for split in {clip.split for clip in clips}:
        _drop_rows(folder / split / METADATA, {clip.file for clip in clips if clip.split == split})
    _recount(folder, {clip.id for clip in clips})
    for clip in clips:
        _delete(folder / clip.split / clip.file, folder)
    clear_cache(folder, listed)
    (folder / REMOVAL).unlink()
    if (folder / CARD).is_file():
        write_corpus_card(Corpus.open(folder))


def _leaving(row: ClipRow, folder: Path) -> Leaving:
    assert isinstance(row.path, Path), "a corpus with shards is rejected before"
    file = row.path.relative_to(folder / row.split).as_posix()
    return Leaving(row.split, file, row.signer, row.sha256() if row.path.is_file() else "")


def _outside(folder: Path, clip: Leaving) -> bool:
    plain = PurePosixPath(clip.split).name == clip.split and (folder / clip.split / METADATA).is_file()
    return not plain or file_problem(folder / clip.split, clip.file, folder) is not None


def _not_deletable(folder: Path, clip: Leaving) -> bool:
    """Whether the clip's file is hidden, or neither a video nor a folder of images."""
    path = folder / clip.split / clip.file
    if any(part.startswith(".") for part in PurePosixPath(clip.file).parts):
        return True
    return any(not _is_clip(file) for file in (path, path.resolve()) if file.exists())


def _is_clip(path: Path) -> bool:
    """Whether this is a video or a folder of images alone, by their names: nothing else is deleted."""
    if path.is_dir():
        return all(image.suffix.lower() in IMAGES and not image.is_dir() for image in path.iterdir())
    return path.suffix.lower() in VIDEOS


def _header_and_rows(table: Path) -> tuple[list[str], list[list[str]]]:
    with TextIOWrapper(open_file(table, LARGEST_LISTS), encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    return header, [row for row in rows if row]


def _drop_rows(table: Path, files: set[str]) -> None:
    header, rows = _header_and_rows(table)
    column = header.index("file_name")
    with atomic_file(table) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[column] not in files)])


def _recount(folder: Path, ids: set[str]) -> None:
    """Counts the pseudo-glosses without the clips; a file that cannot be read may contain theirs, so it is deleted."""
    if not (folder / FILE).exists():
        return
    try:
        glosses = PseudoGlosses.open(folder)
    except UserError as error:
        (folder / FILE).unlink()
        say(f"{error}; deleted the file")
        return
    read = [clip for split in glosses.splits for clip in _ids(folder / split / METADATA)]
    counted = glosses.without(ids, read)
    counted.save(folder)
    if counted.counts != glosses.counts:
        words = f"{len(glosses.vocabulary):,} words before, {len(counted.vocabulary):,} now"
        again = f"`sign2gpt glosses {folder}` makes them again, with their parts of speech"
        say(f"pseudo-glosses counted without the removed clips: {words}; {again}")


def _ids(table: Path) -> list[str]:
    return [id_of(name) for name in _files(table)]


def _files(table: Path) -> list[str]:
    if not table.is_file():
        return []
    header, rows = _header_and_rows(table)
    column = header.index("file_name")
    return [row[column] for row in rows]


def _delete(path: Path, folder: Path) -> None:
    """Deletes a video or a folder of images; of a link, also its target if that is in the corpus and no other clip."""
    real = Path(os.path.realpath(path))
    if path.is_symlink():
        path.unlink()
        if not real.is_relative_to(folder.resolve()) or real in _listed_files(folder):
            return
    if not _is_clip(real):
        return
    if real.is_dir():
        for image in real.iterdir():
            image.unlink()
        real.rmdir()
    else:
        real.unlink(missing_ok=True)


def _listed_files(folder: Path) -> set[Path]:
    """The files of the clips that are still listed, with links resolved."""
    tables = folder.glob(f"*/{METADATA}")
    return {Path(os.path.realpath(table.parent / name)) for table in tables for name in _files(table)}
