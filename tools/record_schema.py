"""Writes docs/record.schema.json from the record's model: `python tools/record_schema.py` after any change of it."""

from __future__ import annotations

from pathlib import Path

from sign2gpt.common.files import write_json
from sign2gpt.evaluation.record import record_schema

if __name__ == "__main__":
    write_json(Path(__file__).parents[1] / "docs" / "record.schema.json", record_schema())
