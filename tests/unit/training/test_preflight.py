from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from worlds import recipe, write_recipe

from sign2gpt.cli.main import command_line
from sign2gpt.common.errors import UserError
from sign2gpt.data.glosses.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.model.runs.run import StageName
from sign2gpt.pipeline import job_of, stage_of
from sign2gpt.training.findings import Findings
from sign2gpt.training.preflight import check


def findings(folder: Path, stage, *overrides: str) -> Findings:
    world = recipe(folder, *overrides)
    return check(stage_of(world, stage), job_of(world), getattr(world, stage))


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
        found.report()


@pytest.mark.parametrize("stage", ["pretrain", "train"])
def test_a_backbone_that_is_not_here_is_told(world: Path, stage: str) -> None:
    problems = findings(world, stage, "model.spatial.weights=weights/dinov2.pth").problems
    assert any(each.startswith("model.spatial.weights weights/dinov2.pth: no such file") for each in problems), problems


def test_all_problems_of_a_translation_training_are_told_at_once(world: Path) -> None:
    (world / "thesis").mkdir()
    (world / "thesis" / "thesis.tex").write_text("years of work")
    wrong = {
        "data.corpus": "nowhere",
        "model.decoder.language_model": "no_model",
        "train.init": "no_run",
        "train.output": world / "thesis",
        "evaluation.protocol": "phoenix",
    }
    problems = findings(world, "train", *(f"{key}={value}" for key, value in wrong.items())).problems
    expected = ["nowhere: no corpus", "no_model: no such folder", "no_run: no such folder", "no training of ours"]
    assert all(any(part in problem for problem in problems) for part in [*expected, "did you mean 'phoenix14t'"])
    assert len(problems) == 5, problems


def test_a_pretraining_that_is_still_to_come_stands_in_no_ones_way(world: Path) -> None:
    loaded = recipe(world, "train.init=to_come")
    found = check(stage_of(loaded, "train"), job_of(loaded), loaded.train, coming="to_come")
    assert not found.problems
    assert any("to_come is not there yet" in warning for warning in found.warnings)


def test_an_interrupted_pretraining_stands_in_no_ones_way(world: Path, tmp_path: Path) -> None:
    made = recipe(world, f"pretrain.output={tmp_path}/begun", f"train.init={tmp_path}/begun")
    shutil.copytree(world / "pretrain", tmp_path / "begun")
    (tmp_path / "begun" / "run.json").unlink()
    found = check(stage_of(made, "train"), job_of(made), made.train, coming=made.pretrain.output)
    assert not found.problems
    assert any("begun is interrupted: `pretrain` resumes it" in warning for warning in found.warnings)
    (told,) = check(stage_of(made, "train"), job_of(made), made.train).problems
    assert "holds no finished run" in told


def test_a_pretraining_that_nothing_starts_from_is_not_looked_at(world: Path) -> None:
    def stages(*overrides: str) -> list[str]:
        arguments = ["validate", str(write_recipe(world, *overrides)), "--json"]
        result = CliRunner().invoke(command_line(), arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.stdout
        return [found["stage"] for found in json.loads(result.stdout)["stages"]]

    assert stages() == ["pretrain", "train"]
    assert stages("train.init=null", "model.window=3") == ["train"], "the one that is there has another window"


def test_sentences_without_blanks_are_told_under_a_protocol_of_words(world: Path) -> None:
    for split in ("train", "dev"):
        table = world / "corpus" / split / "metadata.csv"
        lines = table.read_text().splitlines()
        places = range(1, len(lines))
        texts = {at: lines[at].split(",") for at in places}
        changed = [",".join([cells[0], "公司离家很远他为什么不打车", *cells[2:]]) for cells in texts.values()]
        table.write_text("\n".join([lines[0], *changed]) + "\n")
    assert any("use protocol csl-daily" in problem for problem in findings(world, "train").problems)
    changed = findings(world, "train", "evaluation.protocol=csl-daily")
    assert not any("csl-daily" in problem for problem in changed.problems)


@pytest.mark.parametrize("given", ["data.vectors.dim=9", "model.prototypes.dim=9", "data.vectors.file={}/words.vec"])
def test_vectors_of_another_width_than_the_prototypes_are_told(world: Path, given: str) -> None:
    (world / "words.vec").write_text("1 3\nrot 1 2 3\n")
    problems = findings(world, "pretrain", given.format(world)).problems
    assert any("model.prototypes.dim is" in problem for problem in problems), problems


def test_pseudo_glosses_older_than_the_corpus_are_told(world: Path) -> None:
    table = world / "corpus" / "dev" / "metadata.csv"
    table.write_text(table.read_text().replace("dev0.mp4", "dev9.mp4"))
    (world / "corpus" / "dev" / "dev0.mp4").rename(world / "corpus" / "dev" / "dev9.mp4")
    assert any("dev9" in problem and "sign2gpt glosses" in problem for problem in findings(world, "pretrain").problems)


def test_pseudo_glosses_by_another_tagger_are_told(world: Path) -> None:
    told = f"run `sign2gpt glosses {world / 'corpus'} --tagger hanta`"
    assert any(problem.endswith(told) for problem in findings(world, "pretrain", "data.tagger=hanta").problems)
    unnamed = findings(world, "pretrain", "data.tagger=null").problems
    assert not any("sign2gpt glosses" in problem for problem in unnamed), "whatever made them will do"


@pytest.mark.parametrize(("key", "value"), [("max_share", 0.4), ("vocabulary_splits", ["train", "dev"])])
def test_pseudo_glosses_made_otherwise_than_the_recipe_says_are_told(world: Path, key: str, value: Any) -> None:
    (told,) = findings(world, "pretrain", f"data.{key}={value}", f"pretrain.output={world}/new").problems
    assert f"data.{key} is {value}, but" in told
    assert not findings(world, "train", f"data.{key}={value}").problems, "its head has the pretraining's"


def test_a_backbone_without_its_weights_is_told(world: Path) -> None:
    changes = ["model.spatial.weights=weights/dinov2.pth", f"pretrain.output={world}/new"]
    (told,) = findings(world, "pretrain", *changes).problems
    assert told == "model.spatial.weights weights/dinov2.pth: no such file; docs/weights.md says where it comes from"


def test_frames_that_the_backbone_does_not_take_are_told(world: Path) -> None:
    (told,) = findings(world, "pretrain", "frames.size=30", f"pretrain.output={world}/new").problems
    assert "frames of 30x30 pixels do not divide" in told


def test_a_backbone_frozen_as_it_was_drawn_is_warned_of(world: Path) -> None:
    frozen = "model.spatial.train=frozen"
    assert any("frozen stays as it was drawn" in warning for warning in findings(world, "pretrain", frozen).warnings)
    assert not findings(world, "train", frozen).warnings, "the pretraining's is taken"


@pytest.mark.parametrize("key", ["start_id", "end_id"])
@pytest.mark.parametrize("value", [5000, -1])
def test_an_id_that_the_language_model_does_not_have_is_told(world: Path, key: str, value: int) -> None:
    (told,) = findings(world, "train", f"model.decoder.{key}={value}").problems
    assert f"model.decoder.{key} is {value}, but the language model has 9 ids" in told


def test_a_language_model_without_weights_is_told(world: Path) -> None:
    (world / "language_model" / "model.safetensors").unlink()
    assert any("neither model.safetensors" in problem for problem in findings(world, "train").problems)
    assert not findings(world, "train", "model.decoder.random_weights=true").problems


def test_a_head_that_cannot_be_measured_on_dev_is_told(world: Path) -> None:
    glosses = PseudoGlosses.open(world / "corpus")
    del glosses.clips["dev0"]
    glosses.save(world / "corpus")
    assert any("dev0" in problem for problem in findings(world, "train").problems)
    assert not any("dev0" in problem for problem in findings(world, "train", "train.init=null").problems)


def test_a_start_that_does_not_fit_is_told(world: Path) -> None:
    problems = findings(world, "train", "model.width=32", "model.window=3").problems
    assert any("model.width is 32" in problem for problem in problems)
    assert any("model.window is 3" in problem for problem in problems)
    (told,) = findings(world, "train", "model.spatial.backbone=resnet18", "model.spatial.backbone_args={}").problems[:1]
    assert "model.spatial.backbone is resnet18, but" in told
    assert any("no such folder" in problem for problem in findings(world, "train", "train.init=absent").problems)


def test_freezing_untrained_weights_is_told(world: Path) -> None:
    found = findings(world, "train", "train.init=null", "train.freeze=[spatial]")
    assert any("train.freeze without train.init" in problem for problem in found.problems)


def test_an_absent_extra_is_told(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for absent in ("torchao", "torchao.quantization"):
        monkeypatch.setitem(sys.modules, absent, None)
    quantised = recipe(world, "train.precision=bf16", "train.frozen_precision=int8")
    (told,) = check(stage_of(quantised, "train"), job_of(quantised), quantised.train).problems
    assert "pip install 'sign2gpt[quantised]'" in told


def test_the_extras_that_a_pretraining_needs_are_told_together(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(world / "corpus", tmp_path / "corpus")
    (tmp_path / "corpus" / FILE).unlink()
    for absent in ("gensim", "gensim.models.fasttext", "HanTa", "HanTa.HanoverTagger"):
        monkeypatch.setitem(sys.modules, absent, None)
    problems = findings(world, "pretrain", f"data.corpus={tmp_path}/corpus", "data.tagger=hanta").problems
    assert any("sign2gpt[vectors]" in problem for problem in problems)
    assert any("sign2gpt[glosses]" in problem for problem in problems)


def test_words_that_the_tokenizer_does_not_give_back_are_warned_of(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = world / "corpus" / "train" / "metadata.csv"
    table.write_text(table.read_text().replace("rot", "violett"))
    findings(world, "train").report()
    assert "train: the tokenizer does not give back" in capsys.readouterr().err


@pytest.mark.parametrize("stage", ["pretrain", "train"])
def test_memory_is_told_where_it_is_asked_for_and_nothing_stands_in_the_way(world: Path, stage: StageName) -> None:
    made = recipe(world)
    found = check(stage_of(made, stage), job_of(made), getattr(made, stage), memory=True)
    assert 0 < found.facts["memory in GB"] < 1
    wrong = recipe(world, "data.corpus=nowhere")
    assert "memory in GB" not in check(stage_of(wrong, stage), job_of(wrong), getattr(wrong, stage), memory=True).facts


def test_looking_writes_nothing(world: Path) -> None:
    before = sorted(world.rglob("*"))
    findings(world, "train")
    assert sorted(world.rglob("*")) == before
