"""Two processes with half the batch each do what one process does with the whole of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from worlds import recipe, write_recipe, write_world

from sign2gpt.common.files import read_json, write_json

SCRIPT = Path(__file__).parent / "two_processes.py"
UNDRAWN = [  # processes draw their own dropout and drop path
    "model.dropout=0",
    "model.drop_path=0",
    "model.prototypes.dropout=0",
    "model.decoder.lora.dropout=0",
    "model.decoder.cross_lora.dropout=0",
]


def run(folder: Path, name: str, launcher: list[str], batch: int) -> list[dict[str, float]]:
    """The log of both stages, run with ``batch`` clips a process."""
    places = [f"pretrain.output={folder / name}_1", f"train.output={folder / name}_2", f"train.init={folder / name}_1"]
    overrides = [*UNDRAWN, *places, f"pretrain.batch={batch}", f"train.batch={batch}"]
    command = [sys.executable, *launcher, str(SCRIPT), str(write_recipe(folder)), *overrides]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert found.returncode == 0, found.stderr
    logs = [(folder / f"{name}_{stage}" / "log.jsonl").read_text() for stage in (1, 2)]
    return [json.loads(line) for text in logs for line in text.splitlines()]


@pytest.mark.slow
def test_two_processes_are_one_with_the_doubled_batch(tmp_path: Path) -> None:
    write_world(tmp_path)
    settings = Path(recipe(tmp_path).lm.output) / "config.json"
    write_json(settings, read_json(settings) | {"dropout": 0.0, "attention_dropout": 0.0})
    one = run(tmp_path, "one", [], batch=4)
    two = run(tmp_path, "two", ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"], batch=2)
    assert [line["kind"] for line in two] == [line["kind"] for line in one]
    for alone, together in zip(one, two, strict=True):
        assert figures(together) == pytest.approx(figures(alone), rel=1e-3)


def figures(line: dict[str, float]) -> dict[str, float]:
    """What a line of the log tells in numbers, but for the clock's."""
    return {name: value for name, value in line.items() if not isinstance(value, str) and name != "seconds"}
