"""A tiny world, written once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from worlds import recipe, write_world

from sign2gpt.pipeline import run_recipe


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small only lose time by sharing their work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, a language model and a finished pretraining."""
    folder = tmp_path_factory.mktemp("pretrained")
    write_world(folder)
    world = recipe(folder)
    run_recipe(world, "pretrain")
    return folder


@pytest.fixture
def world(pretrained: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(pretrained, tmp_path / "world"))
