"""The README and the docs: what they tell people to type exists, and the first screen's Python runs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sign2gpt.cli.main import COMMANDS
from sign2gpt.inference.translator import shipped_examples
from sign2gpt.recipe import shipped

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("recipes/*.md"), *ROOT.glob("benchmarks/*.md")])


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_the_first_screen_translates_a_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(next(iter(shipped_examples())), tmp_path / "clip.mp4")
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(ROOT / "README.md", "python")
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["translation"].text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    known = {name for names in COMMANDS.values() for name in names}
    typed = {
        command
        for block in blocks(page, "sh")
        for command in re.findall(r"^(?:\S*/)?sign2gpt (\w[\w-]*)", block, re.MULTILINE)
    }
    assert typed <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_recipes_that_pages_name_are_there() -> None:
    named = {
        name
        for page in PAGES
        for block in blocks(page, "sh")
        for name in re.findall(r"sign2gpt (?:train|pretrain|params|recipes copy) ([\w/]+)\b(?!\.)", block)
    }
    assert named - {"RECIPE", "mine"} <= set(shipped())
