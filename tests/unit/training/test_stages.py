from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from worlds import recipe

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import sha256
from sign2gpt.pipeline import run_recipe
from sign2gpt.systems import load_run
from sign2gpt.systems.sign2gpt.translation import fallen
from sign2gpt.training import features

FROZEN = "train.freeze=[spatial, sign_encoder]"


def train(folder: Path, *overrides: str) -> Path:
    world = recipe(folder, *overrides)
    return run_recipe(world, "train")


def same(one: torch.nn.Module, two: torch.nn.Module) -> bool:
    ours, theirs = one.state_dict(), two.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_translation_run_carries_the_head_as_it_was_and_trains_the_rest(world: Path) -> None:
    before = load_run(world / "pretrain")
    run = load_run(train(world))
    assert run.model.prototypes is not None
    assert before.model.prototypes is not None
    assert same(run.model.prototypes, before.model.prototypes)
    assert not same(run.model.sign_encoder, before.model.sign_encoder)
    assert run.glosses == before.glosses
    assert [set(found) for found in run.info["presence"]] == [set(run.info["presence"][0])] * 2
    assert run.info["dev"]["bleu4"] >= 0


def test_frozen_features_leave_the_visual_parts_and_their_f1_as_they_were(world: Path) -> None:
    before = load_run(world / "pretrain")
    run = load_run(train(world, FROZEN))
    assert same(run.model.spatial, before.model.spatial)
    assert same(run.model.sign_encoder, before.model.sign_encoder)
    assert run.info["presence"][0] == run.info["presence"][1]


def test_features_are_computed_once_for_all_runs_of_the_same_encoder_and_clips(world: Path) -> None:
    def kept() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (world / "corpus" / ".cache" / "features").iterdir()}

    first = load_run(train(world, FROZEN)).model
    before = kept()
    assert sorted(name.partition("-")[0] for name in before) == ["dev", "train"]
    again = load_run(train(world, FROZEN, f"train.output={world}/again")).model
    assert same(again, first)
    assert kept() == before
    train(world, FROZEN, "frames.stride=2", f"train.output={world}/seen_otherwise")
    assert len(kept()) == 4
    train(world, FROZEN, f"train.init={train(world, f'train.output={world}/other')}", f"train.output={world}/moved")
    assert len(kept()) == 6


@pytest.mark.parametrize("place", [0.05, 0.5, 0.99])
def test_damaged_features_are_computed_again_to_the_same_bits(
    world: Path, place: float, capsys: pytest.CaptureFixture[str]
) -> None:
    first = load_run(train(world, FROZEN)).model
    (path,) = (world / "corpus" / ".cache" / "features").glob("train-*")
    whole = path.read_bytes()
    content = bytearray(whole)
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)
    again = load_run(train(world, FROZEN, f"train.output={world}/again")).model
    assert same(again, first)
    assert path.read_bytes() == whole
    assert f"{path.name} is damaged; computing the features again" in capsys.readouterr().err.replace("\n", "")


def test_features_that_are_not_finite_are_refused_by_clip(world: Path) -> None:
    clips = {"a": torch.ones(2, 3), "b": torch.tensor([[1.0, float("nan")]])}
    with pytest.raises(UserError, match=r"^features of train: those of b are not finite"):
        features.check_finite(clips, "features of train")


@pytest.mark.skipif(os.access("/", os.W_OK), reason="this user may write everywhere")
def test_features_of_a_corpus_that_is_only_readable_are_kept_with_the_run(world: Path) -> None:
    corpus = world / "corpus"
    corpus.chmod(0o555)
    try:
        run = train(world, FROZEN, f"train.output={world}/elsewhere")
    finally:
        corpus.chmod(0o755)
    assert len(list((run / ".cache" / "features").iterdir())) == 2


def test_one_frozen_part_stays_while_the_other_trains(world: Path) -> None:
    before = load_run(world / "pretrain")
    run = load_run(train(world, "train.freeze=[spatial]"))
    assert same(run.model.spatial, before.model.spatial)
    assert not same(run.model.sign_encoder, before.model.sign_encoder)


def test_without_pretraining_there_is_no_head(world: Path) -> None:
    run = load_run(train(world, "train.init=null"))
    assert run.model.prototypes is None
    assert run.info["presence"] == [None, None]


def test_a_translation_run_can_be_gone_on_from(world: Path) -> None:
    first = train(world)
    again = train(world, f"train.init={first}", f"train.output={world}/again", "train.rate=1e-9")
    one, two = load_run(first).model.state_dict(), load_run(again).model.state_dict()
    still = [name for name in one if "running" not in name and "num_batches" not in name]
    for name in still:
        torch.testing.assert_close(two[name], one[name], rtol=1e-4, atol=1e-5)


def test_gates_stay_within_their_range(world: Path) -> None:
    run = load_run(train(world, "train.rates.gates=10000", "train.gate_range=[-0.1, 0.2]"))
    gates = [value for name, value in run.model.state_dict().items() if name.endswith("gate")]
    assert all(-0.1 - 1e-6 <= value <= 0.2 + 1e-6 for value in torch.cat(gates).tolist())


def test_a_finished_run_is_left_alone_and_a_changed_recipe_refused(world: Path) -> None:
    weights = world / "pretrain" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    same_recipe = recipe(world, "data.workers=1", "pretrain.save_minutes=5")
    run_recipe(same_recipe, "pretrain")
    assert weights.stat().st_mtime_ns == before
    changed = recipe(world, "pretrain.epochs=3")
    with pytest.raises(UserError, match=r"pretrain\.epochs 2 -> 3"):
        run_recipe(changed, "pretrain")


def test_a_run_tells_the_hashes_of_the_clips_it_was_trained_on(world: Path) -> None:
    told = json.loads((world / "pretrain" / "clips.json").read_text())
    assert len(told) == 12
    assert told["train0"] == sha256(world / "corpus" / "train" / "train0.mp4")


@pytest.mark.parametrize(("before", "after", "kept"), [(0.8, 0.69, True), (0.8, 0.71, False), (0.3, 0.9, False)])
def test_the_pretrained_encoder_is_kept_where_f1_fell_by_more_than_a_tenth(
    before: float, after: float, kept: bool
) -> None:
    assert fallen([{"f1": before}, {"f1": after}]) is kept
    assert not fallen([None, None])


def test_a_run_can_be_moved(world: Path, tmp_path: Path) -> None:
    moved = shutil.move(train(world), tmp_path / "elsewhere")
    shutil.rmtree(world)
    assert load_run(Path(moved)).model.can == {"translate", "localise"}


def test_it_also_trains_in_bfloat16(world: Path) -> None:
    run = load_run(train(world, "train.precision=bf16"))
    assert all(value.dtype == torch.float32 for value in run.model.state_dict().values() if value.is_floating_point())
