"""Run folders from before the code was divided into systems: they are read, and trainings begun then go on.

How they were made: ``tests/fixtures/make_before_systems.py``.
"""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from sign2gpt.cli.main import main
from sign2gpt.model.weights import fingerprint

FIXTURE = Path(__file__).parents[1] / "fixtures" / "before_systems"
WEIGHTS = "model.safetensors"
EXPECTED: dict[str, Any] = json.loads((FIXTURE / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, which commands may write to."""
    return shutil.copytree(FIXTURE, tmp_path_factory.mktemp("before") / "systems")


@pytest.fixture(autouse=True)
def within(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in the folder, since its recipes name places relative to it."""
    monkeypatch.chdir(folder)


def sign2gpt(*words: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["sign2gpt", *words])
        code = None
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        assert not code


@pytest.mark.parametrize("run", ["translate", "referring"])
def test_a_run_translates_as_it_did(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    sign2gpt("translate", f"./{run}", *EXPECTED["clips"], "--json")
    found = json.loads(capsys.readouterr().out)
    before = EXPECTED["translations"][run]
    assert len({translation["text"] for translation in before}) > 1
    assert [translation["text"] for translation in found] == [translation["text"] for translation in before]
    assert all(translation["trust"]["calibrated"] for translation in found)
    for now, then in zip(found, before, strict=True):
        assert (now["pseudo_glosses"] is None) == (then["pseudo_glosses"] is None)
        for place, known in zip(now["pseudo_glosses"] or [], then["pseudo_glosses"] or [], strict=True):
            assert place == known | {"score": pytest.approx(known["score"], abs=2e-4)}


def test_a_run_is_scored(capsys: pytest.CaptureFixture[str]) -> None:
    sign2gpt("evaluate", "./translate", "--split", "dev", "-o", "record.json", "--json")
    capsys.readouterr()
    record = json.loads(Path("record.json").read_text(encoding="utf-8"))
    last = json.loads(Path("translate/log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert last["split"] == "dev"
    assert record["scores"]["rouge_l"]["score"] == pytest.approx(last["rouge_l"], abs=1e-3)


@pytest.mark.parametrize(("command", "run"), [("pretrain", "pretrain"), ("train", "translate")])
def test_a_training_that_was_killed_goes_on(command: str, run: str) -> None:
    interrupted = Path(f"{run}_interrupted")
    log = (interrupted / "log.jsonl").read_bytes()
    kept = json.loads((interrupted / "checkpoints" / "last" / "progress.json").read_text())["log_bytes"]
    assert kept > 0
    sign2gpt(command, "interrupted.yaml")
    assert (interrupted / "log.jsonl").read_bytes().startswith(log[:kept]), "it began anew"
    same_weights(interrupted / WEIGHTS, run)
    assert not list(interrupted.rglob("*.partial"))


@pytest.mark.parametrize(("command", "run"), [("pretrain", "pretrain"), ("train", "translate")])
def test_a_training_that_had_ended_is_left_alone(command: str, run: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in Path(run).rglob("*")}
    sign2gpt(command, "recipe.yaml")
    assert {path: path.stat().st_mtime_ns for path in Path(run).rglob("*")} == before


def same_weights(found: Path, run: str) -> None:
    """The finished run's bits where the processor computes as the one that made the fixture did, else nearly those."""
    now, then = load_file(found), load_file(FIXTURE / run / WEIGHTS)
    assert fingerprint(then) == EXPECTED["weights"][run], "the fixture was changed"
    assert now.keys() == then.keys()
    if fingerprint(now) == EXPECTED["weights"][run]:
        return
    warnings.warn(f"{run}: not the recorded bits; fine on a processor of another kind", stacklevel=1)
    for name, value in then.items():
        torch.testing.assert_close(
            now[name], value, rtol=1e-4, atol=1e-5, msg=lambda told, name=name: f"{name}: {told}"
        )
