"""The page of recipe keys is that of the code, and every key says what it is for."""

from __future__ import annotations

import re
import runpy

from fences import ROOT


def test_the_page_is_current() -> None:
    written = (ROOT / "docs" / "recipe-keys.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "tools" / "recipe_keys.py"))["page"]()
    assert written == made, "run tools/recipe_keys.py"
    assert re.findall(r"^.*\|\s+\|$", made, re.MULTILINE) == []
