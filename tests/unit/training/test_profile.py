from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner
from worlds import recipe, write_recipe

from sign2gpt.cli.main import command_line
from sign2gpt.common.errors import UserError
from sign2gpt.pipeline import job_of, stage_of
from sign2gpt.training.measure.profile import Profile, measure, synthetic
from sign2gpt.training.measure.rates import copy_rate, product_rate
from sign2gpt.training.measure.rehearsal import Load
from sign2gpt.training.measure.steps import BACKWARD, INPUT, OPTIMISER, REST
from sign2gpt.training.stage import task_on_corpus

BACKBONE, SIGN_ENCODER = "spatial", "sign encoder"
PARTS = (INPUT, BACKBONE, SIGN_ENCODER, REST, BACKWARD, OPTIMISER)


def measured(folder: Path, stage: str, *overrides: str, trace: Path | None = None) -> Profile:
    made = recipe(folder, *overrides)
    config = getattr(made, stage)
    with task_on_corpus(stage_of(made, stage), job_of(made), config) as (task, device):
        return measure(task, config, device, 1e12, steps=2, trace=trace)


@pytest.mark.parametrize("stage", ["pretrain", "train"])
def test_every_part_of_a_step_is_told_and_nothing_written(world: Path, stage: str) -> None:
    before = sorted(world.rglob("*"))
    found = measured(world, stage)
    assert tuple(found.seconds) == PARTS
    assert min(found.seconds.values()) > 0
    assert found.frames > 0
    assert found.flops[OPTIMISER] == 0
    assert all(found.flops[part] > 0 for part in (BACKBONE, SIGN_ENCODER, REST, BACKWARD))
    assert 0 < found.whole_share < 1
    assert sorted(world.rglob("*")) == before


def test_what_parts_keep_is_freed_at_the_end_of_the_step(world: Path) -> None:
    found = measured(world, "pretrain")
    assert all(found.kept[part] > 0 for part in (INPUT, BACKBONE, SIGN_ENCODER, REST))
    assert found.kept[BACKWARD] < 0
    assert abs(sum(found.kept.values())) < 0.01 * found.kept[BACKBONE]
    assert found.peak > sum(found.kept[part] for part in (INPUT, BACKBONE, SIGN_ENCODER))


def test_frozen_parts_keep_nothing(world: Path) -> None:
    found = measured(world, "train", "train.freeze=[spatial]")
    assert found.kept[BACKBONE] < measured(world, "train").kept[BACKBONE] / 10


def test_under_sign_z_features_are_read(world: Path) -> None:
    found = measured(world, "train", "train.freeze=[spatial, sign_encoder]")
    assert found.seconds[BACKBONE] == found.flops[BACKBONE] == found.share(BACKBONE) == 0
    assert found.flops[REST] > 0


def test_made_up_texts_fit_a_small_vocabulary(world: Path) -> None:
    made = recipe(world)
    task, device = synthetic(stage_of(made, "train"), job_of(made), made.train, Load(frames=(3, 3), ids=32))
    assert measure(task, made.train, device, 1e12, steps=1).frames > 0


def test_a_trace_tells_the_parts(world: Path, tmp_path: Path) -> None:
    measured(world, "pretrain", trace=tmp_path / "step.json")
    names = {event.get("name") for event in json.loads((tmp_path / "step.json").read_text())["traceEvents"]}
    assert set(PARTS) <= names
    with pytest.raises(UserError, match=r"name it step\.json"):
        measured(world, "pretrain", trace=tmp_path / "step.txt")


def test_the_command_needs_no_corpus_where_all_is_made_up(world: Path) -> None:
    path = write_recipe(world, "data.corpus=nowhere", "pretrain.output=out")
    command = ["profile", str(path), "--stage", "pretrain", "--random", "--frames", "5", "--steps", "1"]
    result = CliRunner().invoke(command_line(), [*command, "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["stage"] == "pretrain"
    assert set(document["seconds"]) == set(document["share"]) == set(PARTS)
    shown = CliRunner().invoke(command_line(), command)
    assert "of the matrix rate" in shown.stdout
    with pytest.raises(UserError, match="nowhere"):
        measured(world, "pretrain", "data.corpus=nowhere")


def test_the_command_needs_no_language_model_where_all_is_made_up(world: Path) -> None:
    elsewhere = ["data.corpus=nowhere", "lm.output=no_model", "model.decoder.language_model=no_model"]
    path = write_recipe(world, *elsewhere, "train.output=out", "train.init=null")
    command = ["profile", str(path), "--stage", "train", "--random", "--frames", "5", "--steps", "1", "--json"]
    result = CliRunner().invoke(command_line(), command)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["seconds"]["backward"] > 0


def test_rates_are_told() -> None:
    device = torch.device("cpu")
    assert product_rate(device, "fp32") > 0
    assert copy_rate(device, 1) > 0
