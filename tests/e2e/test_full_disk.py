"""A training whose disk is full, or whose checkpoint or table is cut: one line with what to do, then the same bits."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from forked import file_limit, sign2gpt
from worlds import recipe, write_recipe, write_world

from sign2gpt.pipeline import run_recipe

WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world with a finished pretraining."""
    folder = tmp_path_factory.mktemp("finished")
    write_world(folder)
    write_recipe(folder)
    made = recipe(folder)
    run_recipe(made, "pretrain")
    return folder


def pretrain(world: Path, output: Path, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a pretraining whose files may be so many bytes long."""
    before = "" if limit is None else file_limit(limit)
    words = ("pretrain", world / "recipe.yaml", "--set", f"pretrain.output={output}")
    return sign2gpt(*words, before=before, env={"OMP_NUM_THREADS": "1"})


def error_of(ended: subprocess.CompletedProcess[str]) -> str:
    """The one line of a mistake."""
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    return last


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(300, id="at the claim", marks=pytest.mark.slow),
        pytest.param(60_000, id="at the best weights", marks=pytest.mark.slow),
        pytest.param(150_000, id="at the optimiser"),
    ],
)
def test_a_file_that_cannot_grow(finished: Path, tmp_path: Path, limit: int) -> None:
    output = tmp_path / "run"
    told = error_of(pretrain(finished, output, limit))
    assert str(output) in told
    assert "cannot be written (File too large); make room and run the same command to resume" in told
    assert pretrain(finished, output).returncode == 0
    assert (output / WEIGHTS).read_bytes() == (finished / "pretrain" / WEIGHTS).read_bytes()


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    return place


def test_a_full_disk(finished: Path, small_disk: Path) -> None:
    try:
        output = small_disk / "run"
        told = error_of(pretrain(finished, output))
        assert "(No space left on device); make room and run the same command to resume" in told
        subprocess.run(["mount", "-o", "remount,size=50m", small_disk], check=True)
        assert pretrain(finished, output).returncode == 0
        assert (output / WEIGHTS).read_bytes() == (finished / "pretrain" / WEIGHTS).read_bytes()
    finally:
        subprocess.run(["umount", "-l", small_disk], check=True)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("last/model.safetensors", marks=pytest.mark.slow),
        "last/optimizer.safetensors",
        pytest.param("last/progress.json", marks=pytest.mark.slow),
    ],
)
def test_a_checkpoint_that_was_cut(finished: Path, tmp_path: Path, file: str) -> None:
    output = _stopped(finished, tmp_path)
    path = output / "checkpoints" / file
    path.write_bytes(path.read_bytes()[:-40])
    told = error_of(pretrain(finished, output))
    assert told.startswith(f"error: {path}: damaged (")
    assert f"remove {output / 'checkpoints'} and run the same command to train again from the first step" in told
    shutil.rmtree(output / "checkpoints")
    assert pretrain(finished, output).returncode == 0
    assert (output / WEIGHTS).read_bytes() == (finished / "pretrain" / WEIGHTS).read_bytes()


def test_best_weights_that_were_cut_are_found_before_the_last_step(finished: Path, tmp_path: Path) -> None:
    output = _stopped(finished, tmp_path)
    path = output / "checkpoints" / "best" / WEIGHTS
    path.write_bytes(path.read_bytes()[:-40])
    log = (output / "log.jsonl").read_bytes()
    assert error_of(pretrain(finished, output)).startswith(f"error: {path}: damaged (")
    assert (output / "log.jsonl").read_bytes() == log


def _stopped(finished: Path, tmp_path: Path) -> Path:
    """A pretraining as a kill leaves it between its last checkpoint and its end."""
    output = tmp_path / "run"
    shutil.copytree(finished / "pretrain", output)
    text = (output / "training.json").read_text()
    (output / "training.json").write_text(text.replace('"finished": true', '"finished": false'))
    (output / "run.json").unlink()
    return output


@pytest.mark.parametrize("command", ["validate", "pretrain", "train"])
def test_a_table_that_was_cut_within_a_row(finished: Path, tmp_path: Path, command: str) -> None:
    shutil.copytree(finished, tmp_path / "world")
    table = tmp_path / "world" / "corpus" / "train" / "metadata.csv"
    table.write_bytes(table.read_bytes()[:-9])
    made = write_recipe(tmp_path / "world")
    ended = sign2gpt(command, made)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    told = ended.stdout if command == "validate" else error_of(ended)
    assert f"{table}: line 13: 2 cells, but the header has 5; copy the table again" in told
    assert "remove this one" not in told, "the training there is whole: its table is not"
