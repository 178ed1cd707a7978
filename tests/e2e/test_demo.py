"""The demo: small enough for every run, and whole, with its targets, in the slow suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sign2gpt.cli.demo import demo

SMALL = [
    "signing.train=16",
    "signing.dev=4",
    "signing.test=10",
    "signing.test_unseen_signer=2",
    "signing.size=32",
    "signing.tempo=2.5",
    "frames.size=32",
    "model.spatial.backbone_args={img_size: 32, embed_dim: 24}",
    "model.width=32",
    "model.mlp=32",
    "lm.epochs=1",
    "lm.width=32",
    "lm.layers=1",
    "pretrain.epochs=1",
    "train.epochs=1",
    "data.vectors.epochs=1",
    "evaluation.bootstrap=20",
]
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
    demo("demo", SMALL, folder, full=False)
    scores = json.loads((folder / "scores.json").read_text())
    assert set(scores) == KEYS
    page = (folder / "report.html").read_text()
    assert "invented signs" in page
    assert page.count("<video") == 10
    assert (folder / "runs" / "translate" / "model.safetensors").exists()
    weights = (folder / "runs" / "translate" / "model.safetensors").read_bytes()
    demo("demo", SMALL, folder, full=True)  # what is finished is left as it is, the longer arm comes beside it
    assert (folder / "runs" / "translate" / "model.safetensors").read_bytes() == weights
    scores = json.loads((folder / "scores.json").read_text())
    assert set(scores) == {*KEYS, "bleu4_no_pretraining_equal_steps"}


@pytest.mark.slow
def test_the_demo_reaches_its_targets(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo("demo", [], folder, full=False)
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["bleu4"] >= 60
    assert scores["bleu4"] - scores["bleu4_no_pretraining"] >= 20
    assert scores["bleu4_shuffled_video"] < 10
    assert scores["bleu4_text_only"] < 10
    assert scores["pretrain_f1"] >= 0.6
