from __future__ import annotations

from pathlib import Path

import pytest
from worlds import recipe

from sign2gpt.cli.jobs import job_of
from sign2gpt.common.errors import UserError
from sign2gpt.training.preflight import Findings, check


def findings(folder: Path, stage, *overrides: str) -> Findings:
    world = recipe(folder, *overrides)
    return check(stage, job_of(world), getattr(world, stage))


@pytest.mark.parametrize("stage", ["pretrain", "train"])
def test_nothing_stands_in_the_way_of_a_good_recipe(world: Path, stage: str) -> None:
    found = findings(world, stage)
    assert not found.problems
    assert found.facts["train clips"] == 12
    assert found.facts["parameters"] > 1000


def test_all_problems_of_a_pretraining_are_told_at_once(world: Path) -> None:
    (world / "corpus" / "train" / "train3.mp4").unlink()
    (world / "pretrain" / "training.json").unlink()
    found = findings(world, "pretrain", "data.vectors.file=german.bin", "model.spatial.backbone=vit_nano")
    expected = ["train3.mp4", "german.bin", "vit_nano", "no training of ours"]
    assert all(any(part in problem for problem in found.problems) for part in expected), found.problems
    with pytest.raises(UserError, match="4 problems"):
        found.raise_if_any()


def test_pseudo_glosses_older_than_the_corpus_are_told(world: Path) -> None:
    table = world / "corpus" / "dev" / "metadata.csv"
    table.write_text(table.read_text().replace("dev0.mp4", "dev9.mp4"))
    (world / "corpus" / "dev" / "dev0.mp4").rename(world / "corpus" / "dev" / "dev9.mp4")
    assert any("dev9" in problem and "sign2gpt glosses" in problem for problem in findings(world, "pretrain").problems)


def test_a_start_that_does_not_fit_is_told(world: Path) -> None:
    problems = findings(world, "train", "model.width=32", "model.window=3").problems
    assert any("model.width is 32" in problem for problem in problems)
    assert any("model.window is 3" in problem for problem in problems)
    assert any("no such folder" in problem for problem in findings(world, "train", "train.init=absent").problems)


def test_freezing_untrained_weights_is_told(world: Path) -> None:
    found = findings(world, "train", "train.init=null", "train.freeze=[spatial]")
    assert any("train.freeze without train.init" in problem for problem in found.problems)


def test_words_that_the_tokenizer_does_not_give_back_are_warned_of(world: Path) -> None:
    table = world / "corpus" / "train" / "metadata.csv"
    table.write_text(table.read_text().replace("rot", "violett"))
    assert any("does not give back" in warning for warning in findings(world, "train").warnings)


def test_looking_writes_nothing(world: Path) -> None:
    before = sorted(world.rglob("*"))
    findings(world, "train")
    assert sorted(world.rglob("*")) == before
