"""The index ``shards.json`` of a corpus in tar shards, and how it is validated (docs/large-corpora.md)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from sign2gpt.common.config import Config, build
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json
from sign2gpt.data.tables import id_problem

FORMAT = 1
INDEX = "shards.json"
LARGEST_SHARD = 64 << 30

DIGEST = "[0-9a-f]{64}"
Digest = Annotated[str, Field(pattern=f"^{DIGEST}$")]


class Shard(Config):
    size: int = Field(ge=1, le=LARGEST_SHARD, description="bytes")
    sha256: Digest


class Index(Config):
    """The contents of ``shards.json``."""

    format: int = Field(default=FORMAT, ge=1, description="version of the index")
    made_from: Digest = Field(description="hash of the corpus' clips: shards of the same clips are not written again")
    files: dict[str, Digest] = Field(description="SHA-256 of the files next to the shards")
    shards: dict[str, Shard] = Field(description="the shards, in the order of the splits")

    @field_validator("files", "shards")
    @classmethod
    def _inside(cls, named: dict[str, object]) -> dict[str, object]:
        """Accepts only plain names, in the corpus' folder or in that of a split."""
        for name in named:
            if name.count("/") > 1 or any(id_problem(part) for part in name.split("/")):
                raise ValueError(f"{name[:80]!r} is not the name of a file in a corpus")
        return named

    @field_validator("shards")
    @classmethod
    def _tar(cls, shards: dict[str, Shard]) -> dict[str, Shard]:
        for name in shards:
            if not re.fullmatch(r"[^/]+-\d{6}\.tar", name):
                raise ValueError(f"{name[:80]!r} is not the name of a shard, such as train-000000.tar")
        return shards


def read_index(folder: Path) -> Index:
    """Reads ``shards.json``.

    Raises:
        UserError: it is damaged, or its format is newer.
    """
    path = folder / INDEX
    values = read_json(path)
    if not isinstance(values, dict):
        raise UserError(f"{path}: not an index of shards; write the shards with `sign2gpt shards`")
    if isinstance(version := values.get("format"), int) and version > FORMAT:
        raise UserError(f"{path}: format {version} is newer than {FORMAT}, the newest this version reads; update it")
    return build(Index, values, where=str(path))
