"""Writes docs/translation.schema.json from its models: `python tools/translation_schema.py` after a change of them."""

from __future__ import annotations

from pathlib import Path

from sign2gpt.common.files import write_json
from sign2gpt.inference.documents import documents_schema

if __name__ == "__main__":
    write_json(Path(__file__).parents[1] / "docs" / "translation.schema.json", documents_schema())
