"""The system that docs/adding.md shows, written into a copy of the package: trained, resumed, scored, used."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fences import ROOT, blocks
from worlds import write_world

PAGE = "docs/adding.md"
SECTION = "## A system of your own"
HERE = Path(__file__).parent


def own_system(package: Path) -> set[str]:
    """Writes the page's files and its `case` into a copy of the package; what it touched."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    shown = text[text.index(SECTION) :]
    files = dict(re.findall(r"^`(systems/words/\w+\.py)`.*?^```python\n(.*?)^```", shown, re.M | re.S))
    (package / "systems" / "words").mkdir()
    for name, content in {"systems/words/__init__.py": "", **files}.items():
        (package / name).write_text(content, encoding="utf-8")
    (case,) = re.findall(r'^```python\n( {8}case "words":.*?)^```', shown, re.M | re.S)
    known = package / "systems" / "__init__.py"
    before = known.read_text(encoding="utf-8")
    known.write_text(before.replace("        case _:", f"{case}        case _:"), encoding="utf-8")
    return {*files, "systems/__init__.py"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, the page's recipe, and a copy of the package with the page's system."""
    folder = tmp_path_factory.mktemp("own")
    write_world(folder)
    package = folder / "package" / "sign2gpt"
    source = ROOT / "src" / "sign2gpt"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("assets", "__pycache__"))
    (package / "assets").symlink_to(source / "assets")
    touched = own_system(package)
    assert touched == {f"systems/words/{name}.py" for name in ("system", "model", "training")} | {"systems/__init__.py"}
    (recipe,) = [block.text for block in blocks("yaml", page=PAGE) if "system: words" in block.text]
    (folder / "recipe.yaml").write_text(recipe, encoding="utf-8")
    return folder


def environment(place: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(place / "package"), "OMP_NUM_THREADS": "1"}


def command(place: Path, *words: str, code: int = 0) -> str:
    """What a command of the copy prints."""
    run = [sys.executable, "-m", "sign2gpt", *words]
    done = subprocess.run(run, cwd=place, env=environment(place), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def trained(place: Path) -> Path:
    command(place, "train", "recipe.yaml")
    return place / "words"


def test_it_is_checked_and_counted_before_it_trains(place: Path) -> None:
    (found,) = json.loads(command(place, "validate", "recipe.yaml", "--json"))["stages"]
    assert found["problems"] == []
    assert found["facts"]["parameters"] == 4 * 4, "three colours and a bias for each of four words"
    assert json.loads(command(place, "params", "recipe.yaml", "--json"))["total"]["trainable"] == 4 * 2
    timed = json.loads(command(place, "profile", "recipe.yaml", "--random", "--steps", "1", "--json"))
    assert timed["seconds"]["backward"] > 0


def test_its_keys_are_its_own(place: Path) -> None:
    told = command(place, "validate", "recipe.yaml", "--set", "model.window=9", code=2)
    assert "model.window" in told
    told = command(place, "validate", "recipe.yaml", "--set", "model.system=word", code=2)
    assert "'words'" in told or "sign2gpt" in told
    assert "no stage pretrain" in command(place, "pretrain", "recipe.yaml", code=2)


def test_killed_it_resumes_to_the_same_bits(place: Path, trained: Path) -> None:
    again = place / "again"
    shutil.copy(place / "recipe.yaml", place / "again.yaml")
    text = (place / "again.yaml").read_text(encoding="utf-8").replace("output: words", "output: again")
    (place / "again.yaml").write_text(text, encoding="utf-8")
    attempts = [sys.executable, str(HERE / "stage_killed.py")]
    done = subprocess.run(
        attempts,
        input="again.yaml train 8 20\n",
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (again / "model.safetensors").read_bytes() == (trained / "model.safetensors").read_bytes()


def test_it_translates_and_is_scored_and_reported(place: Path, trained: Path) -> None:
    clip = min((place / "corpus" / "dev").glob("*.mp4"))
    (found,) = json.loads(command(place, "translate", str(trained), str(clip), "--json"))
    words = json.loads((trained / "run.json").read_text())["glosses"]
    assert found["text"] in words
    assert len(found["alternatives"]) == 3
    scored = json.loads(command(place, "evaluate", str(trained), "--split", "dev", "-o", "dev.json", "--json"))
    assert {sentence["hypothesis"] for sentence in scored["sentences"]} <= set(words)
    assert "text_only" not in scored["controls"], "it writes nothing without a clip"
    command(place, "compare", "one=dev.json", "two=dev.json")
    command(place, "report", "dev.json", "-o", "report.html")
    assert found["text"] in (place / "report.html").read_text(encoding="utf-8")
