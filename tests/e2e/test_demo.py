"""The demo: small enough for every run, and whole, with its targets, in the slow suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from worlds import SMALL_DEMO

from sign2gpt.demo import Demo, variant_keys
from sign2gpt.recipe import load

KEYS = {
    "bleu4",
    "bleu4_no_pretraining",
    "bleu4_frozen_features",
    "bleu4_shuffled_video",
    "bleu4_text_only",
    "bleu4_unseen_signer",
    "pretrain_f1",
    "seconds",
}


def test_a_small_demo_leaves_scores_runs_and_a_report(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    Demo("demo", folder, tuple(SMALL_DEMO)).run()
    scores = json.loads((folder / "scores.json").read_text())
    assert set(scores) == KEYS
    page = (folder / "report.html").read_text()
    assert "invented signs" in page
    assert page.count("<video") == 10
    assert (folder / "runs" / "translate" / "model.safetensors").exists()
    weights = (folder / "runs" / "translate" / "model.safetensors").read_bytes()
    Demo("demo", folder, tuple(SMALL_DEMO), full=True).run()  # finished stages are left alone, one variant is added
    assert (folder / "runs" / "translate" / "model.safetensors").read_bytes() == weights
    scores = json.loads((folder / "scores.json").read_text())
    assert set(scores) == {*KEYS, "bleu4_no_pretraining_equal_steps"}


@pytest.mark.parametrize("name", ["demo", "signed_phoenix14t_2cpu"])
def test_the_longer_variant_takes_as_many_steps_as_both_stages(name: str, tmp_path: Path) -> None:
    recipe = load(name)
    long = load(name, variant_keys(recipe, tmp_path, full=True)["no_pretraining_long"]).train
    steps = [stage.epochs * 2000 // stage.batch for stage in (recipe.pretrain, recipe.train)]
    assert long.init is None
    assert long.epochs * 2000 // long.batch == sum(steps)


@pytest.mark.slow
def test_the_demo_reaches_its_targets(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    Demo("demo", folder).run()
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["bleu4"] >= 60
    assert scores["bleu4"] - scores["bleu4_no_pretraining"] >= 20
    assert scores["bleu4_shuffled_video"] < 10
    assert scores["bleu4_text_only"] < 10
    assert scores["pretrain_f1"] >= 0.6
