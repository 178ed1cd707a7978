"""A training on shards, here or at an address, killed or not, ends with the bits of one on the folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from stores import served
from worlds import recipe, write_recipe

from sign2gpt.data.corpus import Corpus
from sign2gpt.data.shards.writer import write_shards
from sign2gpt.pipeline import job_of, stage_of
from sign2gpt.training.claim import identify

SCRIPT = Path(__file__).parent / "stage_killed.py"
OUTPUTS = {"pretrain": "pretrain", "train": "translate"}


@pytest.fixture(scope="module")
def shards(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards") / "corpus"
    write_shards(Corpus.open(world / "corpus"), folder, 0.008, workers=1)
    return folder


def other_recipe(world: Path, folder: Path, corpus: str, **changes: object) -> Path:
    """The world's recipe for another corpus, without decoded frames; its runs go to ``folder``."""
    changed = {"data.corpus": corpus, "data.cache_gb": 0, **changes}
    changed |= {f"{stage}.output": folder / output for stage, output in OUTPUTS.items()}
    folder.mkdir()
    return write_recipe(world, *(f"{key}={value}" for key, value in changed.items())).rename(folder / "recipe.yaml")


def run(lines: list[str], cache: Path) -> None:
    """Runs stages one after another, lines of `stage_killed`."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "SIGN2GPT_CACHE": str(cache)}
    command, told = [sys.executable, str(SCRIPT)], "\n".join(lines)
    ended = subprocess.run(command, input=told, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def same(world: Path, folder: Path, stage: str) -> None:
    found, wanted = folder / OUTPUTS[stage], world / OUTPUTS[stage]
    assert log(found) == log(wanted)
    for file in ("model.safetensors", "clips.json"):
        assert (found / file).read_bytes() == (wanted / file).read_bytes()


def log(folder: Path) -> list[dict[str, object]]:
    """The lines of a run's log, without what a clock wrote into them."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


@pytest.mark.skipif(not find_spec("aiohttp"), reason="aiohttp is not installed")
def test_on_an_address(world: Path, shards: Path, tmp_path: Path) -> None:
    with served(shards) as store:
        whole = other_recipe(world, tmp_path / "whole", store.address)
        pieces = other_recipe(world, tmp_path / "pieces", store.address, **{"data.shards_gb": 0})
        run([f"{pieces} pretrain", f"{whole} train 25"], tmp_path / "cache")
        assert store.whole("train-000000.tar") == 1
    same(world, tmp_path / "pieces", "pretrain")
    same(world, tmp_path / "whole", "train")


@pytest.mark.slow
def test_on_a_folder_of_shards_killed_again_and_again(world: Path, shards: Path, tmp_path: Path) -> None:
    here = other_recipe(world, tmp_path / "here", str(shards))
    run([f"{here} {stage} 6 40 25" for stage in OUTPUTS], tmp_path / "cache")
    for stage in OUTPUTS:
        same(world, tmp_path / "here", stage)


def test_a_training_that_was_begun_on_the_folder_goes_on_with_shards(world: Path, shards: Path) -> None:
    made = recipe(world, f"data.corpus={shards}", "data.shards_gb=3")
    begun = json.loads((world / "pretrain" / "training.json").read_text())["identity"]
    assert identify(stage_of(made, "pretrain"), job_of(made), made.pretrain, Corpus.open(shards), 1) == begun
