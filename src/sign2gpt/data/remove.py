"""Clips taken out of a corpus for good: their files, their rows, their pseudo-glosses (docs/consent.md).

What is to go is written down first, in `REMOVAL`: a removal that was killed is finished by the next one, and until then
nothing opens the corpus. Rows go before files, so no table lists a clip that is not there.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from io import TextIOWrapper
from pathlib import Path, PurePosixPath

from sign2gpt.common.cards import CARD
from sign2gpt.common.errors import Problems, UserError, nearest
from sign2gpt.common.files import LARGEST_LISTS, atomic_file, clear_partial, open_file, read_json, write_json
from sign2gpt.common.progress import say
from sign2gpt.data.card import write_corpus_card
from sign2gpt.data.corpus import CACHE, METADATA, REMOVAL, ClipRow, Corpus, id_of
from sign2gpt.data.paths import refused
from sign2gpt.data.pseudo_glosses import FILE, PseudoGlosses


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
    rows = [row for split in corpus.splits for row in corpus.rows(split)]
    known_ids, known_signers = {row.id for row in rows}, {row.signer for row in rows} - {""}
    problems = Problems(str(corpus.folder))
    for name in sorted(set(ids) - known_ids - {clip.id for clip in gone}):
        problems.add(f"no clip {name}{nearest(name, known_ids)}")
    for name in sorted(set(signers) - known_signers - {clip.signer for clip in gone}):
        problems.add(f"no signer {name}{nearest(name, known_signers)}")
    problems.raise_if_any()
    return [_leaving(row, corpus.folder) for row in rows if row.id in ids or row.signer in signers]


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
        wrong = [clip.file for clip in clips if _outside(folder, clip)]
    except (TypeError, AttributeError):
        raise UserError(f"{path}: does not list clips to take out; it was not written by sign2gpt") from None
    if wrong:
        raise UserError(f"{path}: {wrong[0]!r} is no clip of this corpus; it was not written by sign2gpt")
    clear_partial(folder)
    _finish(folder, clips)
    return clips


def _finish(folder: Path, clips: Sequence[Leaving]) -> None:
    """All steps but the first: each may have been done before."""
    for split in {clip.split for clip in clips}:
        _drop_rows(folder / split / METADATA, {clip.file for clip in clips if clip.split == split})
    _recount(folder, {clip.id for clip in clips})
    for clip in clips:
        _delete(folder / clip.split / clip.file)
    _delete(folder / CACHE)
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
    if not table.is_file():
        return []
    header, records = _records(table)
    place = header.index("file_name")
    return [id_of(record[place]) for record in records]


def _delete(path: Path) -> None:
    """A file, a folder of images, or a link to one inside the corpus, with what it points to."""
    real = Path(os.path.realpath(path))
    if path.is_symlink():
        path.unlink()
    if real.is_dir():
        shutil.rmtree(real)
    else:
        real.unlink(missing_ok=True)
