"""How a run's sentences are written, for those who have its recipe alone."""

from __future__ import annotations

from typing import Any

from sign2gpt.common.config import build
from sign2gpt.model.config import DecodingConfig


def decoding_told(recipe: dict[str, Any], where: str) -> str:
    """What a score's protocol says of the decoding; empty where the recipe does not tell.

    Raises:
        UserError: ``where`` holds keys of the decoding that this version does not know.
    """
    decoding = recipe.get("model", {}).get("decoding")
    return build(DecodingConfig, decoding, where=f"{where}: decoding").told() if decoding else ""
