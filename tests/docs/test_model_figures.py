"""The figures of the page on the model: what the script draws is what is stored, and each is told in words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fences import ROOT

SCRIPT = ROOT / "tools" / "model_figures.py"
STORED = sorted((ROOT / "docs" / "images").glob("model-*.svg"))
MOST_BYTES = 150_000
CHANGING = re.compile(r'<rect class="shade".*\n|base64,[^"]*| d="[^"]*"|[\d.]+')
"""What another machine's arithmetic and JPEG library may change a little: shades, thumbnails, curves, numbers."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    subprocess.run([sys.executable, str(SCRIPT), str(folder)], check=True)
    return folder


def test_they_are_current(drawn: Path) -> None:
    assert [path.name for path in STORED] == sorted(path.name for path in drawn.iterdir())
    for path in STORED:
        new = drawn / path.name
        assert words(path) == words(new), f"run {SCRIPT.relative_to(ROOT)}"
        assert CHANGING.sub("", path.read_text("utf-8")) == CHANGING.sub("", new.read_text("utf-8")), path.name


def words(path: Path) -> list[str | None]:
    return [text.text for text in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_each_is_small_follows_the_readers_colours_and_is_told_in_words(path: Path) -> None:
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    told = re.search(rf"!\[([^\]]+)\]\(images/{path.name}\)", page)
    assert told is not None
    assert len(told[1].split()) > 30
    assert path.stat().st_size < MOST_BYTES
    assert "prefers-color-scheme: dark" in path.read_text(encoding="utf-8")
