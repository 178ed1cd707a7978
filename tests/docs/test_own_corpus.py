"""The page on a corpus of one's own: walked from its first command to its last, with nothing but what it says."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fences import blocks

from sign2gpt.recipe import load

PAGE = "docs/own-corpus.md"
SCRIPT = "\n".join(block.text for block in blocks("sh", page=PAGE))
(RECIPE,) = (block.text for block in blocks("yaml", page=PAGE))


def test_its_recipe_is_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    assert load(str(path)).signing is None


@pytest.mark.slow
def test_its_walk_ends_with_a_sentence(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "sign2gpt"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sign2gpt "$@"\n')
    command.chmod(0o755)
    (tmp_path / "mine.yaml").write_text(RECIPE.replace("epochs: 30", "epochs: 1"), encoding="utf-8")
    place = os.environ | {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    walked = subprocess.run(["bash", "-e"], input=SCRIPT, cwd=tmp_path, env=place, capture_output=True, text=True)
    assert walked.returncode == 0, walked.stderr[-2000:]
    assert "control: shuffled video" in walked.stdout
    assert "videos/7.mp4" in walked.stdout
    assert (tmp_path / "clip.png").exists()
    counts = {split: len(rows(tmp_path / "corpus" / split)) for split in ("train", "dev", "test")}
    assert counts == {"train": 64, "dev": 8, "test": 8}


def rows(split: Path) -> list[dict[str, str]]:
    with (split / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
