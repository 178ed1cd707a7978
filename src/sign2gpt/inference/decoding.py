"""How a run's sentences are written: the keys that programs may change, and the words for it from a recipe alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

from sign2gpt.common.config import build
from sign2gpt.model.config import DecodingConfig, SamplingConfig


class SamplingKeys(TypedDict, total=False):
    """Keys of `SamplingConfig`."""

    temperature: float
    top_k: int
    top_p: float
    seed: int


class DecodingKeys(TypedDict, total=False):
    """Keys of `DecodingConfig`, as arguments that a type checker knows."""

    beams: int
    max_ids: int
    count_start: bool
    length_penalty: float
    no_repeat_ngram_size: int
    sampling: SamplingConfig | SamplingKeys | None


def check_translates(folder: Path) -> None:
    """Raises a `UserError` where a folder holds a pretraining's run, which writes no sentences."""
    from sign2gpt.model.runs.run import ABOUT, cannot, read_about

    error = cannot(folder, read_about(folder), "translate") if (folder / ABOUT).is_file() else None
    if error is not None:
        raise error


def decoding_told(recipe: dict[str, Any], where: str) -> str:
    """What a score's protocol says of the decoding; empty where the recipe does not tell.

    Raises:
        UserError: ``where`` holds keys of the decoding that this version does not know.
    """
    decoding = recipe.get("model", {}).get("decoding")
    return build(DecodingConfig, decoding, where=f"{where}: decoding").describe() if decoding else ""
