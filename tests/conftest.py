"""Fixtures that every test may use: reference material outside the project, found through the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the code's
settings.load_profile("untimed")


def _folder(variable: str, default: str) -> Path:
    path = Path(os.environ.get(variable, ROOT / default))
    if not path.is_dir():
        pytest.skip(f"{path} is absent; set {variable} to run this test")
    return path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora, known scores and the real clip."""
    return _folder("SIGN2GPT_SHARED", "../shared")


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of reference tensors."""
    return _folder("SIGN2GPT_REFERENCE", "../shared/golden")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny corpus and the runs ``pretrain`` and ``translate`` that were trained on it for a moment."""
    import torch
    from worlds import recipe, write_world

    from sign2gpt.pipeline import run_recipe

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    made = recipe(folder)
    run_recipe(made, "pretrain")
    run_recipe(made, "train")
    return folder
