"""A finished training is calibrated once, or says that it is not, and why."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import forked
import pytest
from kills import contents
from worlds import recipe, write_recipe, write_world

from sign2gpt.common.checksums import read_sums
from sign2gpt.pipeline import run_recipe

KILLED = """
import os, signal, sys

def kill(event, arguments):
    if event == "open" and ".trust-" in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
"""


def sign2gpt(*words: object) -> subprocess.CompletedProcess[str]:
    done = forked.sign2gpt(*words)
    assert done.returncode == 0, done.stderr
    return done


def pretrained(folder: Path, dev: int) -> Path:
    """A world with so many dev clips and a pretraining; its recipe."""
    write_world(folder, dev=dev)
    world = recipe(folder)
    run_recipe(world, "pretrain")
    return write_recipe(folder)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus of 20 dev clips and the run ``translate``."""
    folder = tmp_path_factory.mktemp("world")
    sign2gpt("train", pretrained(folder, dev=20))
    return folder


def trusts(run: Path, clips: list[Path]) -> list[dict[str, Any]]:
    return [found["trust"] for found in json.loads(sign2gpt("translate", run, *clips, "--json").stdout)]


def test_a_training_ends_calibrated(world: Path) -> None:
    run = world / "translate"
    calibration = json.loads((run / "trust.json").read_text())
    assert (calibration["split"], calibration["clips"]) == ("dev", 20)
    assert "trust.json" in (read_sums(run) or {})
    known = trusts(run, sorted((world / "corpus" / "dev").glob("*.mp4")))
    assert all(found["calibrated"] for found in known)
    assert sum(found["inside"] for found in known) >= 19


def test_killed_while_it_calibrates_a_training_ends_with_the_same_bits(world: Path) -> None:
    run = world / "translate"
    before = contents(run)
    (run / "trust.json").unlink()
    lines = (run / "SHA256SUMS").read_text().splitlines(keepends=True)
    (run / "SHA256SUMS").write_text("".join(line for line in lines if "trust.json" not in line))
    ended = forked.sign2gpt("train", world / "recipe.yaml", before=KILLED)
    assert ended.returncode == -signal.SIGKILL
    assert not (run / "trust.json").exists()
    sign2gpt("train", world / "recipe.yaml")
    assert contents(run) == before


def test_with_three_dev_clips_a_training_says_that_it_cannot_tell(tmp_path: Path) -> None:
    run = tmp_path / "translate"
    done = sign2gpt("train", pretrained(tmp_path, dev=3))
    told = " ".join(done.stderr.split())
    assert f"{run} is not calibrated, so its translations carry no warning where they are guesses." in told
    assert "Needs at least 20 dev clips; this corpus has 3" in told
    assert not (run / "trust.json").exists()
    refused = forked.sign2gpt("calibrate", run)
    assert (refused.returncode, refused.stderr) == (2, "error: Needs at least 20 dev clips; this corpus has 3\n")
    clips = sorted((tmp_path / "corpus" / "dev").glob("*.mp4"))
    shown = sign2gpt("translate", run, clips[0]).stdout
    assert "This run is not calibrated, so it cannot warn you when a translation is a guess" in " ".join(shown.split())
    assert [(found["calibrated"], found["inside"]) for found in trusts(run, clips)] == [(False, None)] * 3
