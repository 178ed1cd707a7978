"""Clips taken out of a corpus for good: their files, their rows, their pseudo-glosses (docs/consent.md).

What is to go is written down first, in `REMOVAL`: a removal that was killed is finished by the next one, and until then
nothing opens the corpus. Rows go before files, so no table lists a clip that is not there.
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
from sign2gpt.data.corpus import METADATA, REMOVAL, ClipRow, Corpus, id_of
from sign2gpt.data.paths import refused
from sign2gpt.data.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.video.container import IMAGES

VIDEOS = {".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv"} | {
    *(".ts", ".vob", ".webm", ".wmv", ".y4m")
}
"""What a clip's file may be called that is deleted; a table is none, whatever a list says."""


@dataclass(frozen=True)
class Leaving:
    """A clip that leaves; ``file`` is its path in the folder of its split, ``sha256`` what runs remember it by."""

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
        gone: clips that `resume` has just taken out: who asks for them again makes no mistake.

    Raises:
        UserError: an id or a signer that the corpus does not have; all of them are told. Or its clips lie in shards.
    """
    corpus.need_files("take clips out of")
    signers = {normalised(signer) for signer in signers}
    rows = [row for split in corpus.splits for row in corpus.rows(split)]
    known_ids, known_signers = {row.id for row in rows}, {row.signer for row in rows} - {""}
    problems = Problems(str(corpus.folder))
    for name in sorted(set(ids) - known_ids - {clip.id for clip in gone}):
        problems.add(f"no clip {name}{nearest(name, known_ids)}")
    for name in sorted(set(signers) - known_signers - {clip.signer for clip in gone}):
        problems.add(f"no signer {name}{nearest(name, known_signers)}")
    leaving = [_leaving(row, corpus.folder) for row in rows if row.id in ids or row.signer in signers]
    problems.extend(f"{clip.file} is no video and no folder of images" for clip in leaving if _odd(corpus.folder, clip))
    problems.raise_if_any()
    return leaving


def take_out(folder: Path, clips: Sequence[Leaving]) -> None:
    """Takes clips out of a corpus, and counts its pseudo-glosses without them."""
    write_json(folder / REMOVAL, [asdict(clip) for clip in clips])
    _finish(folder, clips)


def resume(folder: Path) -> list[Leaving]:
    """Finishes a removal that was killed; the clips that it took out, none where there was no such removal.

    Raises:
        UserError: what it was to take out cannot be read, or lies outside the corpus.
    """
    path = folder / REMOVAL
    if not path.is_file():
        return []
    found = read_json(path)
    try:
        clips = [Leaving(**clip) for clip in found]
        wrong = [clip.file for clip in clips if _outside(folder, clip) or _odd(folder, clip)]
    except (TypeError, AttributeError, ValueError):
        raise UserError(f"{path}: does not list clips to take out; it was not written by sign2gpt") from None
    if wrong:
        raise UserError(f"{path}: {wrong[0]!r} is no clip of this corpus; it was not written by sign2gpt")
    clear_partial(folder)
    _finish(folder, clips)
    return clips


def _finish(folder: Path, clips: Sequence[Leaving]) -> None:
    """All steps but the first: each may have been done before."""
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
    assert isinstance(row.path, Path), "shards are refused before"
    file = row.path.relative_to(folder / row.split).as_posix()
    return Leaving(row.split, file, row.signer, row.sha256() if row.path.is_file() else "")


def _outside(folder: Path, clip: Leaving) -> bool:
    plain = PurePosixPath(clip.split).name == clip.split and (folder / clip.split / METADATA).is_file()
    return not plain or refused(folder / clip.split, clip.file, folder) is not None


def _odd(folder: Path, clip: Leaving) -> bool:
    """Whether a clip is nothing that is deleted: a table, a list or a folder of other things."""
    path = folder / clip.split / clip.file
    if any(part.startswith(".") for part in PurePosixPath(clip.file).parts):
        return True
    return any(not _is_clip(place) for place in (path, path.resolve()) if place.exists())


def _is_clip(path: Path) -> bool:
    """Whether this is a video or a folder of images alone, by their names."""
    if path.is_dir():
        return all(image.suffix.lower() in IMAGES and not image.is_dir() for image in path.iterdir())
    return path.suffix.lower() in VIDEOS


def _records(table: Path) -> tuple[list[str], list[list[str]]]:
    """Header and records, as they are."""
    with TextIOWrapper(open_file(table, LARGEST_LISTS), encoding="utf-8-sig", newline="") as file:
        header, *records = csv.reader(file, strict=True)
    return header, [record for record in records if record]


def _drop_rows(table: Path, files: set[str]) -> None:
    header, records = _records(table)
    place = header.index("file_name")
    with atomic_file(table) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(record for record in records if record[place] not in files)])


def _recount(folder: Path, ids: set[str]) -> None:
    """Pseudo-glosses that cannot be read may hold those of the clips: they go, and can be made again."""
    if not (folder / FILE).exists():
        return
    try:
        glosses = PseudoGlosses.open(folder)
    except UserError as error:
        (folder / FILE).unlink()
        say(f"{error}; removed")
        return
    read = [clip for split in glosses.splits for clip in _ids(folder / split / METADATA)]
    counted = glosses.without(ids, read)
    counted.save(folder)
    if counted.counts != glosses.counts:
        words = f"{len(glosses.vocabulary):,} words before, {len(counted.vocabulary):,} now"
        again = f"`sign2gpt glosses {folder}` makes them anew, with their parts of speech"
        say(f"pseudo-glosses counted without them: {words}; {again}")


def _ids(table: Path) -> list[str]:
    return [id_of(name) for name in _files(table)]


def _files(table: Path) -> list[str]:
    if not table.is_file():
        return []
    header, records = _records(table)
    place = header.index("file_name")
    return [record[place] for record in records]


def _delete(path: Path, folder: Path) -> None:
    """A video, a folder of images, or a link to one inside the corpus with what it points to if no other clip is it."""
    real = Path(os.path.realpath(path))
    if path.is_symlink():
        path.unlink()
        if not real.is_relative_to(folder.resolve()) or real in _read_by_others(folder):
            return
    if not _is_clip(real):
        return
    if real.is_dir():
        for image in real.iterdir():
            image.unlink()
        real.rmdir()
    else:
        real.unlink(missing_ok=True)


def _read_by_others(folder: Path) -> set[Path]:
    """The files of the clips that are still listed, behind their links."""
    tables = folder.glob(f"*/{METADATA}")
    return {Path(os.path.realpath(table.parent / name)) for table in tables for name in _files(table)}
