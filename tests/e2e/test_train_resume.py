"""A training that is killed at any moment and started again ends with the bits of one that was not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from worlds import write_recipe, write_world

from sign2gpt.common.seeds import draw

SCRIPT = Path(__file__).parent / "stage_killed.py"
OUTPUTS = {"pretrain": "pretrain", "train": "translate"}


class World:
    """A folder with finished runs of both stages, and a process that runs stages and kills them."""

    def __init__(self, folder: Path) -> None:
        write_world(folder)
        self.folder, self.recipe = folder, write_recipe(folder)
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            text=True,
        )
        self.operations = {stage: self.run(stage) for stage in OUTPUTS}
        for output in OUTPUTS.values():
            shutil.copytree(folder / output, folder / f"{output}_unharmed")

    def run(self, stage: str, *points: int) -> int:
        """Runs a stage, killed at these file operations; returns how many the last attempt, left alone, did."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(self.recipe, stage, *points, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def proves(self, stage: str, points: list[int]) -> None:
        """Runs a stage anew, killed at these operations, and compares what it leaves with the unharmed run."""
        output = self.folder / OUTPUTS[stage]
        unharmed = output.with_name(f"{output.name}_unharmed")
        shutil.rmtree(output)
        self.run(stage, *points)
        assert (output / "model.safetensors").read_bytes() == (unharmed / "model.safetensors").read_bytes()
        assert log(output) == log(unharmed)
        assert files(output) == files(unharmed)


def log(folder: Path) -> list[dict[str, object]]:
    """The lines of a run's log, without what a clock wrote into them."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def files(folder: Path) -> set[Path]:
    """All that a run leaves, without TensorBoard's files, of which each start begins one."""
    return {path.relative_to(folder) for path in folder.rglob("*") if "tensorboard" not in path.parts}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"))
    with world.process:
        yield world


@pytest.mark.parametrize("stage", OUTPUTS)
def test_killed_while_it_takes_its_folder(world: World, stage: str) -> None:
    world.proves(stage, [1, 2, 3, 4, 5])


@pytest.mark.parametrize("stage", OUTPUTS)
def test_killed_while_it_finishes(world: World, stage: str) -> None:
    end = world.operations[stage]
    world.proves(stage, [end - 5, 20])


@pytest.mark.parametrize("stage", OUTPUTS)
def test_killed_again_and_again(world: World, stage: str) -> None:
    fifth = world.operations[stage] // 5
    world.proves(stage, [draw(2, stage, kill).randint(1, fifth) for kill in range(3)])


@pytest.mark.slow
@pytest.mark.parametrize("stage", OUTPUTS)
@pytest.mark.parametrize("kill", range(10))
def test_killed_at_ten_points(world: World, stage: str, kill: int) -> None:
    tenth = world.operations[stage] // 10
    world.proves(stage, [1 + kill * tenth + draw(1, stage, kill).randrange(tenth)])
