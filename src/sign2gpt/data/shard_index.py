"""What ``shards.json`` tells of a corpus in tar shards, and what of it is believed (docs/shards.md)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from sign2gpt.common.config import Config, build
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json
from sign2gpt.data.paths import unfit

FORMAT = 1
INDEX = "shards.json"
LARGEST_SHARD = 64 << 30

DIGEST = "[0-9a-f]{64}"
Digest = Annotated[str, Field(pattern=f"^{DIGEST}$")]


class Shard(Config):
    size: int = Field(ge=1, le=LARGEST_SHARD, description="bytes")
    sha256: Digest


class Index(Config):
    """What ``shards.json`` says."""

    format: int = Field(default=FORMAT, ge=1, description="version of the index")
    made_from: Digest = Field(description="hash of the corpus' clips: who writes the same shards again finds them done")
    files: dict[str, Digest] = Field(description="SHA-256 of what lies beside the shards")
    shards: dict[str, Shard] = Field(description="the shards, in the order of the splits")

    @field_validator("files", "shards")
    @classmethod
    def _inside(cls, named: dict[str, object]) -> dict[str, object]:
        """Only plain names, in the corpus' folder or in one of a split."""
        for name in named:
            if name.count("/") > 1 or any(unfit(part) for part in name.split("/")):
                raise ValueError(f"{name[:80]!r} names no file of a corpus")
        return named

    @field_validator("shards")
    @classmethod
    def _tar(cls, shards: dict[str, Shard]) -> dict[str, Shard]:
        for name in shards:
            if not re.fullmatch(r"[^/]+-\d{6}\.tar", name):
                raise ValueError(f"{name[:80]!r} names no shard, such as train-000000.tar")
        return shards


def read_index(folder: Path) -> Index:
    """Reads ``shards.json``.

    Raises:
        UserError: it is damaged, or a newer version wrote it.
    """
    path = folder / INDEX
    values = read_json(path)
    if not isinstance(values, dict):
        raise UserError(f"{path}: is no index of shards; write them with `sign2gpt shards`")
    if isinstance(version := values.get("format"), int) and version > FORMAT:
        raise UserError(f"{path}: format {version} is newer than this sign2gpt reads ({FORMAT}); update sign2gpt")
    return build(Index, values, where=str(path))
