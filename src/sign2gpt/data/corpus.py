"""A corpus: a folder with ``corpus.yaml`` and, for each split, clips and a ``metadata.csv`` (docs/corpus-format.md).

Its clips may also lie in shards, here or at an address (docs/shards.md).
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
from sign2gpt.common.files import LONGEST_TEXT, read_lines, sha256, state, user_path
from sign2gpt.common.text import normalised
from sign2gpt.data.config import SHARDS_GB
from sign2gpt.data.paths import refused
from sign2gpt.data.records import records
from sign2gpt.data.remote import is_address
from sign2gpt.data.shards import ShardedClip, Shards

FORMAT = 1
INFO = "corpus.yaml"
METADATA = "metadata.csv"
UNSIGNED = "unsigned.txt"
"""Training sentences that have no clip, a line each: there where a part of a larger corpus was made."""
CACHE = ".cache"
"""What was computed from the clips and can be made again, decoded frames and features: a folder, or a link to one."""
REMOVAL = ".removing.json"
"""What a removal has still to take out: there while it runs, and after it was killed."""
COLUMNS = ("file_name", "text", "signer", "glosses", "num_frames")
REQUIRED = ("file_name", "text", "num_frames")
DIGITS = 7
"""Of a clip's number of frames: a hundred hours have seven."""


class CorpusInfo(Config):
    """What ``corpus.yaml`` says."""

    format: int = Field(default=FORMAT, ge=1, description="version of the corpus format")
    name: str = Field(min_length=1, description="what reports call the corpus")
    language: str = Field(description="BCP 47 tag of the texts, such as de or zh-Hans")
    frame_rate: float = Field(gt=0, description="frames a second, of every clip")
    size: int = Field(ge=1, description="side of the square frames in pixels")
    licence: str = Field(description="under which terms clips and texts may be used")
    notice: str = Field(default="", description="what every page that shows the clips must say")
    made_from: str = Field(default="", description="hash of the sources: who makes the same corpus again finds it done")
    left_out: list[str] = Field(
        default=[], description="clips of the sources (split/id) that it lacks, for they were damaged: --allow-missing"
    )

    @field_validator("language")
    @classmethod
    def _tag(cls, language: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", language):
            raise ValueError("must be a BCP 47 tag, such as de, en or zh-Hans")
        return language


@dataclass(frozen=True)
class ClipRow:
    """One row of a ``metadata.csv``; as text it is where its clip lies.

    ``extra`` are the columns beside `COLUMNS`.
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
        """The hash of the clip's file, in hexadecimal digits."""
        return sha256(self.path) if isinstance(self.path, Path) else self.path.sha256

    def state(self) -> tuple[int, int]:
        """What tells that a clip was made again: its bytes and its time of change, or a number for their content."""
        if isinstance(self.path, Path):
            return state(self.path)
        return self.path.size, int(self.path.sha256[:7], 16) * 10**9  # whole seconds, which every disk can tell


def id_of(file_name: str) -> str:
    """A clip's id, of the name that its table has for it."""
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
    def open(cls, place: str | PathLike[str], shards_gb: float = SHARDS_GB) -> Corpus:
        """Opens a corpus; its tables are read when they are asked for.

        Args:
            place: its folder, or the address of one with shards, whose tables are then copied to the user's cache.
            shards_gb: GB of an address' shards that are kept on this machine.

        Raises:
            UserError: no corpus there, an unreadable ``corpus.yaml``, a newer format, no split, or clips whose removal
                was interrupted are still in it; an address that does not answer.
        """
        place = place.removeprefix("file://") if isinstance(place, str) else place
        fetched = Shards.fetch(place, shards_gb) if isinstance(place, str) and is_address(place) else None
        folder = fetched.folder if fetched else user_path(place, "the path of a corpus")
        path = folder / INFO
        if not path.is_file():
            raise UserError(
                f"{folder}: no corpus here ({INFO} is missing); `sign2gpt prepare` and `synth` make corpora"
            )
        if (folder / REMOVAL).exists():
            again = f"`sign2gpt corpus remove {folder}` finishes it"
            raise UserError(f"{folder}: taking clips out of it was interrupted; {again}")
        shards = fetched or Shards.find(folder)
        values = read_yaml(path)
        version = values.get("format", FORMAT)
        if isinstance(version, int) and version > FORMAT:
            raise UserError(f"{path}: format {version} is newer than this sign2gpt reads ({FORMAT}); update sign2gpt")
        info = build(CorpusInfo, values, where=str(path))
        splits = {table.parent.name for table in folder.glob(f"*/{METADATA}") if not table.parent.name.startswith(".")}
        if not splits:
            raise UserError(f"{folder}: no split here; a split is a folder with clips and {METADATA}")
        first = [name for name in ("train", "dev", "test") if name in splits]
        return cls(folder, info, first + sorted(splits.difference(first)), shards)

    def need_files(self, doing: str) -> None:
        """Raises a ``UserError`` where the clips lie in shards, which nothing changes."""
        if self.shards:
            raise UserError(
                f"{self.folder}: holds shards, which stay as they are; {doing} the corpus that they were written from, "
                "then write them again with `sign2gpt shards`"
            )

    def rows(self, split: str) -> list[ClipRow]:
        """The clips of a split, in the order of its table; whether they can be decoded is for `check` to tell.

        Raises:
            UserError: an unknown split, or everything that is wrong in its table, with lines.
        """
        if split not in self.splits:
            raise UserError(f"{self.folder}: no split {split}{nearest(split, self.splits)}")
        path = self.folder / split / METADATA
        problems = Problems(str(path))
        rows = list(self._rows(path, split, problems))
        problems.raise_if_any()
        return rows

    def sentences(self) -> list[str]:
        """What a language model reads: sentences without clips where the corpus has them, else those of train.

        A model that knows the sentences of the clips by heart leaves a decoder nothing to look for in the video.
        """
        path = self.folder / UNSIGNED
        return read_lines(path) if path.is_file() else [row.text for row in self.rows("train")]

    def _rows(self, path: Path, split: str, problems: Problems) -> Iterator[ClipRow]:
        seen: dict[str, int] = {}
        sharded = self.shards.clips(split) if self.shards else {}
        for line, cells in records(path, REQUIRED, problems):
            name = cells["file_name"]
            if name in seen:
                problems.add(f"line {line}: {name} is listed in line {seen[name]} already")
            seen.setdefault(name, line)
            if problem := self._wrong(path.parent, cells, sharded):
                problems.add(f"line {line}: {problem}")
                continue
            extra = {key: value for key, value in cells.items() if key not in COLUMNS}
            text, signer, glosses = (normalised(cells.get(column, "")) for column in ("text", "signer", "glosses"))
            clip = sharded.get(name, path.parent / name)
            yield ClipRow(id_of(name), split, clip, text, signer, glosses or None, int(cells["num_frames"]), extra)

    def _wrong(self, folder: Path, cells: dict[str, str], sharded: Collection[str]) -> str | None:
        """What is wrong with a row of a split's table, if anything; ``sharded`` are the names of clips in shards."""
        name, text, count = (cells[column] for column in REQUIRED)
        if problem := refused(folder, name, self.folder):
            return f"file_name {problem}"
        if not (count.isdecimal() and len(count) <= DIGITS and int(count)):
            return f"num_frames is {count[:20]!r}; it must be a whole number over 0"
        if len(text) > LONGEST_TEXT:
            return f"a text of {len(text):,} characters; at most {LONGEST_TEXT:,} are read"
        if "\0" in text:
            return "a NUL in its text; write the table again"
        if self.shards and name not in sharded:
            return f"{name} is in no shard; write the shards again"
        return None
