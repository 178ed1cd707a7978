"""The README and the docs: what they link to is there, and so are the recipes that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fences import PAGES, blocks

from sign2gpt.recipe import shipped


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_recipes_that_pages_name_are_there() -> None:
    named = {
        name
        for block in blocks("sh")
        for name in re.findall(r"sign2gpt (?:train|pretrain|params|recipes copy) ([\w/]+)\b(?!\.)", block.text)
    }
    assert named - {"RECIPE", "mine"} <= set(shipped())
