"""Writes docs/recipe-keys.md from the descriptions in the code: run `python tools/recipe_keys.py` after any change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sign2gpt.common.cards import table
from sign2gpt.recipe import Recipe

PAGE = Path(__file__).parents[1] / "docs" / "recipe-keys.md"
HEAD = """# Recipe keys

Every key of a recipe, with its default. `python tools/recipe_keys.py` writes this page from the code, and a test
compares the two. `--set SECTION.KEY=VALUE` changes a key for one command; an unknown key is an error that suggests
known ones. A recipe with the key `extends` contains only what differs from the recipe of that name.
"""


def page() -> str:
    """The whole page: a table for each section, in the order of the recipe."""
    parts = [HEAD.strip()]
    for name, section in _sections("", Recipe):
        rows = [_row(key, field) for key, field in _keys(section)]
        about = (section.__doc__ or "").strip().partition("\n")[0] if name else ""
        if rows:
            parts += [f"## {name or 'At the top'}", about, table(["key", "default", "what"], rows)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _sections(name: str, section: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield name, section
    for key, field in section.model_fields.items():
        inner = _section(field.annotation)
        if inner is not None:
            yield from _sections(f"{name}.{key}" if name else key, inner)


def _keys(section: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """The keys that hold values; sections that may be absent are told as keys as well."""
    return [
        (key, field)
        for key, field in section.model_fields.items()
        if _section(field.annotation) is None or field.description
    ]


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section that a key holds, or may hold."""
    kinds = [annotation, *get_args(annotation)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _row(key: str, field: FieldInfo) -> list[str]:
    default = "must be given" if field.is_required() else f"`{json.dumps(field.default)}`"
    return [f"`{key}`", default, field.description or ""]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
