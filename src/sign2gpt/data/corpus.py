"""A corpus: a folder with ``corpus.yaml`` and, for each split, clips and a ``metadata.csv`` (docs/data-formats.md).

Its clips may also be in shards, in a folder or at an address (docs/large-corpora.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path, PurePosixPath

from pydantic import Field, field_validator

from sign2gpt.common.config import Config, build, read_yaml
from sign2gpt.common.errors import Problems, UserError, nearest
from sign2gpt.common.files import LONGEST_TEXT, read_lines, sha256, size_and_mtime, user_path
from sign2gpt.common.text import normalised
from sign2gpt.data.config import SHARDS_GB
from sign2gpt.data.shards.corpus import ShardedClip, Shards
from sign2gpt.data.shards.remote import is_address
from sign2gpt.data.tables import INFO, METADATA, UNSIGNED, file_problem, read_rows

FORMAT = 1
CACHE = ".cache"
"""Decoded frames and features, which can be computed again: a folder, or a link to one."""
REMOVAL = ".removing.json"
"""Clips that are still to be removed: present while a removal runs, and after it was killed."""
COLUMNS = ("file_name", "text", "signer", "glosses", "num_frames")
REQUIRED = ("file_name", "text", "num_frames")
DIGITS = 7
"""Most digits of a clip's number of frames: a hundred hours have seven."""


class CorpusInfo(Config):
    """The contents of ``corpus.yaml``."""

    format: int = Field(default=FORMAT, ge=1, description="version of the corpus format")
    name: str = Field(min_length=1, description="name of the corpus in reports")
    language: str = Field(description="BCP 47 tag of the texts, such as de or zh-Hans")
    frame_rate: float = Field(gt=0, description="frames per second of every clip")
    size: int = Field(ge=1, description="side of the square frames in pixels")
    licence: str = Field(description="terms under which clips and texts may be used")
    notice: str = Field(default="", description="text that every page with clips of the corpus must show")
    made_from: str = Field(
        default="", description="hash of the sources: a corpus of the same sources is not made a second time"
    )
    left_out: list[str] = Field(
        default=[], description="clips of the sources (split/id) left out by --allow-missing, as they were damaged"
    )

    @field_validator("language")
    @classmethod
    def _tag(cls, language: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", language):
            raise ValueError("must be a BCP 47 tag, such as de, en or zh-Hans")
        return language


@dataclass(frozen=True)
class ClipRow:
    """One row of a ``metadata.csv``; its string form is the location of its clip.

    ``extra`` are columns that are not in `COLUMNS`.
    """

    id: str
    split: str
    path: Path | ShardedClip
    text: str
    signer: str
    glosses: str | None
    num_frames: int
    extra: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.path)

    def sha256(self) -> str:
        """The hash of the clip's file, as hexadecimal digits."""
        return sha256(self.path) if isinstance(self.path, Path) else self.path.sha256

    def stamp(self) -> tuple[int, int]:
        """Size in bytes and modification time of the clip (in shards: a number for its content), to detect changes."""
        if isinstance(self.path, Path):
            return size_and_mtime(self.path)
        return self.path.size, int(self.path.sha256[:7], 16) * 10**9  # whole seconds, which every file system stores


def id_of(file_name: str) -> str:
    """The id of the clip with this ``file_name`` in its table."""
    return str(PurePosixPath(file_name).with_suffix(""))


class Corpus:
    """Reads a corpus folder.

    Examples:
        >>> Corpus.open("demo/corpus").rows("test")[0].text  # doctest: +SKIP
        'am montag regnet es im norden häufig'
    """

    def __init__(self, folder: Path, info: CorpusInfo, splits: list[str], shards: Shards | None = None) -> None:
        self.folder, self.info, self.splits, self.shards = folder, info, splits, shards

    @classmethod
    def open(cls, location: str | PathLike[str], shards_gb: float = SHARDS_GB) -> Corpus:
        """Opens a corpus; its tables are read on demand.

        Args:
            location: a folder, or the address of a folder with shards; its tables are then copied to the user's cache.
            shards_gb: GB of shards at an address that are kept on this machine.

        Raises:
            UserError: there is no corpus, ``corpus.yaml`` cannot be read or has a newer format, there is no split, a
                removal of clips was interrupted, or the address does not answer.
        """
        location = location.removeprefix("file://") if isinstance(location, str) else location
        remote = Shards.fetch(location, shards_gb) if isinstance(location, str) and is_address(location) else None
        folder = remote.folder if remote else user_path(location, "the path of a corpus")
        path = folder / INFO
        if not path.is_file():
            raise UserError(
                f"{folder}: no corpus here ({INFO} is missing); make one with `sign2gpt prepare` or `sign2gpt synth`"
            )
        if (folder / REMOVAL).exists():
            raise UserError(
                f"{folder}: a removal of clips was interrupted; finish it with `sign2gpt corpus remove {folder}`"
            )
        shards = remote or Shards.open(folder)
        values = read_yaml(path)
        version = values.get("format", FORMAT)
        if isinstance(version, int) and version > FORMAT:
            raise UserError(
                f"{path}: format {version} is newer than {FORMAT}, the newest this version reads; update it"
            )
        info = build(CorpusInfo, values, where=str(path))
        splits = {table.parent.name for table in folder.glob(f"*/{METADATA}") if not table.parent.name.startswith(".")}
        if not splits:
            raise UserError(f"{folder}: no split; a split is a folder in it with clips and {METADATA}")
        first = [name for name in ("train", "dev", "test") if name in splits]
        return cls(folder, info, first + sorted(splits.difference(first)), shards)

    def need_files(self, doing: str) -> None:
        """Raises a ``UserError`` if the clips are in shards, which cannot be changed."""
        if self.shards:
            raise UserError(
                f"{self.folder}: contains shards, which cannot be changed; {doing} the corpus they were written from, "
                "then write the shards again with `sign2gpt shards`"
            )

    def rows(self, split: str) -> list[ClipRow]:
        """The clips of a split, in the order of its table; `check_corpus` tests whether they can be decoded.

        Raises:
            UserError: the split is unknown, or its table has errors: all of them, with lines.
        """
        if split not in self.splits:
            raise UserError(f"{self.folder}: no split {split}{nearest(split, self.splits)}")
        path = self.folder / split / METADATA
        problems = Problems(str(path))
        rows = list(self._rows(path, split, problems))
        problems.raise_if_any()
        return rows

    def sentences(self) -> list[str]:
        """Sentences to train a language model on: those without clips if the corpus has any, else those of train.

        A decoder whose language model has memorised the sentences of the clips learns to ignore the video.
        """
        path = self.folder / UNSIGNED
        return read_lines(path) if path.is_file() else [row.text for row in self.rows("train")]

    def _rows(self, path: Path, split: str, problems: Problems) -> Iterator[ClipRow]:
        seen: dict[str, int] = {}
        sharded = self.shards.clips(split) if self.shards else {}
        for line, cells in read_rows(path, REQUIRED, problems):
            name = cells["file_name"]
            if name in seen:
                problems.add(f"line {line}: {name} is already listed in line {seen[name]}")
            seen.setdefault(name, line)
            if problem := self._row_problem(path.parent, cells, sharded):
                problems.add(f"line {line}: {problem}")
                continue
            extra = {key: value for key, value in cells.items() if key not in COLUMNS}
            text, signer, glosses = (normalised(cells.get(column, "")) for column in ("text", "signer", "glosses"))
            clip = sharded.get(name, path.parent / name)
            yield ClipRow(id_of(name), split, clip, text, signer, glosses or None, int(cells["num_frames"]), extra)

    def _row_problem(self, folder: Path, cells: dict[str, str], sharded: Collection[str]) -> str | None:
        """The problem with a row of a split's table, if any; ``sharded`` are the names of clips in shards."""
        name, text, count = (cells[column] for column in REQUIRED)
        if problem := file_problem(folder, name, self.folder):
            return f"file_name {problem}"
        if not (count.isdecimal() and len(count) <= DIGITS and int(count)):
            return f"num_frames is {count[:20]!r}; it must be a whole number greater than 0"
        if len(text) > LONGEST_TEXT:
            return f"text has {len(text):,} characters; at most {LONGEST_TEXT:,} are allowed"
        if "\0" in text:
            return "text contains a NUL character; write the table again"
        if self.shards and name not in sharded:
            return f"{name} is in no shard; write the shards again"
        return None
