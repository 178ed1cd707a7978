"""What is released: wheel and sdist are built, installed into an empty environment, and used far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow

pytest.importorskip("build", reason="needs the extra dev")
pytest.importorskip("hatchling", reason="needs the extra dev")

BARE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""The surroundings without a way back to the checkout."""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module", params=["*.whl", "*.tar.gz"])
def place(request: pytest.FixtureRequest, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the release alone, and sees this one's packages behind it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    behind = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "behind.pth").write_text("".join(f"{path}\n" for path in behind))
    (packed,) = dist.glob(request.param)
    pip = [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed"]
    subprocess.run([*pip, *options, str(packed)], env=BARE, check=True)
    return folder


def sign2gpt(place: Path, folder: Path, *words: str) -> str:
    """What a command prints that is run in ``folder``."""
    command = [str(place / "bin" / "sign2gpt"), *words]
    return subprocess.run(command, cwd=folder, env=BARE, check=True, capture_output=True, text=True).stdout


def test_it_helps_translates_and_brings_its_recipes(place: Path, tmp_path: Path) -> None:
    where = [str(place / "bin" / "python"), "-c", "import sign2gpt; print(sign2gpt.__file__)"]
    assert (
        str(place) in subprocess.run(where, cwd=tmp_path, env=BARE, check=True, capture_output=True, text=True).stdout
    )
    assert "translate" in sign2gpt(place, tmp_path, "--help")
    assert sign2gpt(place, tmp_path, "translate", "demo", "--json").startswith("[")
    assert "phoenix14t_translate" in sign2gpt(place, tmp_path, "recipes")


def test_the_sdist_holds_what_builds_and_tests_it(dist: Path) -> None:
    (packed,) = dist.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md", "mkdocs.yml", "tests/conftest.py"} <= names


def test_an_index_can_show_it(dist: Path) -> None:
    pytest.importorskip("twine", reason="needs the extra dev")
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, dist.iterdir())]
    assert "FAILED" not in subprocess.run(command, check=True, capture_output=True, text=True).stdout
