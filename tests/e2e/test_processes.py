"""A run of several processes is that of one process with as many clips a step; killed, it resumes with any number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from families import write_bytes, write_family
from safetensors.torch import load_file
from worlds import COLOURS, recipe, write_recipe, write_world

from sign2gpt.common.checksums import resummed
from sign2gpt.common.files import read_json, write_json

SCRIPT = Path(__file__).parent / "one_of_processes.py"
STAGES = ("pretrain", "train")
UNDRAWN = [  # processes draw their own dropout and drop path
    "model.dropout=0",
    "model.drop_path=0",
    "model.prototypes.dropout=0",
    "model.decoder.lora.dropout=0",
    "model.decoder.cross_lora.dropout=0",
]
ADAPTED = [
    "model.spatial.train=lora",
    "model.spatial.lora_layers=1",
    "model.spatial.lora.dropout=0",
    "model.spatial.backbone_args={img_size: 32, embed_dim: 16, depth: 2, num_heads: 2}",
]
"""A backbone whose lower layer is frozen."""
UNCLIPPED = [f"{stage}.clip_{what}=null" for stage in STAGES for what in ("value", "norm")]
"""Clipped gradients are small beside the rounding of those that they were."""
TRAIN, DEV, STEP = 11, 5, 4
"""Clips, so that the last step of an epoch has too few for four processes, and clips a step."""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    write_world(tmp_path, TRAIN, DEV)
    folder = Path(recipe(tmp_path).lm.output)
    with resummed(folder, "config.json"):
        settings = read_json(folder / "config.json") | {"dropout": 0.0, "attention_dropout": 0.0}
        write_json(folder / "config.json", settings)
    return tmp_path


def start(world: Path, name: str, processes: int, *kill: int, keys: Sequence[str] = ()) -> CompletedProcess[str]:
    """Runs both stages, or resumes them, in so many processes."""
    places = {"pretrain.output": "pretrain", "train.output": "train", "train.init": "pretrain"}
    changes = [*UNDRAWN, *UNCLIPPED, *(f"{key}={world / name}_{place}" for key, place in places.items())]
    changes += [f"{stage}.batch={STEP // processes}" for stage in STAGES]
    changes += keys
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *(launcher if processes > 1 else []), str(SCRIPT)]
    arguments = [write_recipe(world, *changes), world / name, *kill]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, env=environment)


def finish(world: Path, name: str, processes: int, keys: Sequence[str] = ()) -> None:
    ended = start(world, name, processes, keys=keys)
    assert ended.returncode == 0, ended.stderr


def log(world: Path, name: str, stage: str) -> list[dict[str, float]]:
    """What a stage's log tells in numbers, but for the clock's; the gates are among the weights."""
    lines = [json.loads(line) for line in (world / f"{name}_{stage}" / "log.jsonl").read_text().splitlines()]
    return [
        {key: value for key, value in line.items() if key != "seconds" and isinstance(value, int | float | None)}
        for line in lines
    ]


def assert_same_log(world: Path, name: str, other: str) -> None:
    for stage in STAGES:
        for line, expected in zip(log(world, name, stage), log(world, other, stage), strict=True):
            assert line == pytest.approx(expected, rel=1e-3)


def far(path: Path, other: Path) -> float:
    """Largest difference between tensors of two files, as a share of the largest value of all."""
    found, expected = load_file(path), load_file(other)
    assert found.keys() == expected.keys()
    most = max(float(value.abs().max()) for value in expected.values())
    return max(float((found[name] - value).abs().max()) for name, value in expected.items()) / most


@pytest.mark.slow
def test_processes_share_what_one_does(world: Path) -> None:
    finish(world, "one", 1)
    for name, processes in (("two", 2), ("four", 4)):
        finish(world, name, processes)
        assert_same_log(world, name, "one")
        for stage in STAGES:
            first, expected = log(world, name, stage)[0], log(world, "one", stage)[0]
            assert first == pytest.approx(expected, rel=1e-5)
            assert far(world / name / f"{stage}.safetensors", world / "one" / f"{stage}.safetensors") < 1e-4
        written = read_json(world / name / "written.json")
        assert len(written) == DEV
        assert written == read_json(world / "one" / "written.json")


@pytest.mark.slow
@pytest.mark.parametrize("language_model", ["xglm", "llama"])
def test_frozen_matrices_shared_out_change_nothing(world: Path, language_model: str) -> None:
    if language_model != "xglm":
        write_family(world / "language_model", language_model)
        write_bytes(world / "language_model", list(COLOURS))
    shared_out = [*ADAPTED, *(f"{stage}.shard=true" for stage in STAGES)]
    finish(world, "one", 1, ADAPTED)
    finish(world, "whole", 2, ADAPTED)
    for name, processes in (("two", 2), ("four", 4)):
        finish(world, name, processes, shared_out)
        assert_same_log(world, name, "one")
        for stage in STAGES:
            first, expected = log(world, name, stage)[0], log(world, "one", stage)[0]
            assert first == pytest.approx(expected, rel=1e-5)
            assert far(world / name / f"{stage}.safetensors", world / "one" / f"{stage}.safetensors") < 1e-4
        assert read_json(world / name / "written.json") == read_json(world / "one" / "written.json")
        for held, whole in read_json(world / name / "held.json"):
            assert 0 < held == whole / processes
    for stage in STAGES:
        assert far(*[world / f"{name}_{stage}" / "model.safetensors" for name in ("two", "whole")]) == 0


@pytest.mark.slow
def test_killed_while_matrices_are_shared_out_and_gone_on_with_alone(world: Path) -> None:
    finish(world, "whole", 2, ADAPTED)
    killed = start(world, "killed", 2, 1, 4, keys=[*ADAPTED, *(f"{stage}.shard=true" for stage in STAGES)])
    assert killed.returncode != 0
    assert "another process of this run is gone" in killed.stderr
    finish(world, "killed", 1, ADAPTED)
    assert_same_log(world, "killed", "whole")


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2, 4])
def test_killed_in_one_of_two_processes_and_gone_on_with(world: Path, processes: int) -> None:
    finish(world, "whole", 2)
    killed = start(world, "killed", 2, 1, 4)
    assert killed.returncode != 0
    errors = [line for line in killed.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "another process of this run is gone" in errors[0]
    assert "run the same command" in errors[0]
    assert "sign2gpt/" not in killed.stderr
    finish(world, "killed", processes)
    assert_same_log(world, "killed", "whole")
    for stage in STAGES:
        weights = [world / f"{name}_{stage}" / "model.safetensors" for name in ("killed", "whole")]
        assert far(*weights) <= (0 if processes == 2 else 1e-5)
