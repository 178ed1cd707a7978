"""A run folder gives back what was saved, here or elsewhere, and says what is wrong with one that does not."""

from __future__ import annotations

import json
import re
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import nn

from sign2gpt.common.errors import UserError
from sign2gpt.model.language.tokenizer import Tokenizer
from sign2gpt.model.runs.publishing import copy_run
from sign2gpt.model.runs.run import Finished, StageName, read_about, save_run, start_from
from sign2gpt.model.runs.shipped import shipped_run
from sign2gpt.model.sign_model import encoder_weights
from sign2gpt.systems import load_run, system_named
from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig
from sign2gpt.systems.sign2gpt.model import Sign2GPT, build_model

BACKBONE = {"img_size": 28, "patch_size": 14, "embed_dim": 12, "depth": 2, "num_heads": 2}
GLOSSES = ["regen", "wind", "sonne"]


class Place:
    """A language model with weights, a recipe that names it, and runs of both stages."""

    def __init__(self, folder: Path, language_model: Path) -> None:
        self.run, self.language_model = folder / "run", language_model
        small = {"width": 16, "heads": 2, "mlp": 32, "prototypes": {"dim": 6}}
        spatial = {"backbone": "vit_tiny_patch16_224", "backbone_args": BACKBONE, "lora_layers": 1}
        decoder = {"language_model": str(language_model)}
        self.config = Sign2GPTConfig.model_validate(small | {"spatial": spatial, "decoder": decoder})
        self.tokenizer = Tokenizer.open(language_model, self.config.decoder)
        drawn = self.config.model_copy(deep=True)
        drawn.decoder.random_weights = True
        known = build_model(drawn, glosses=None, decoder=True, sizes=self.tokenizer.sizes).decoder
        assert known is not None
        state = known.state_dict()
        save_file({name: state[name] for name in known.frozen_names}, language_model / "model.safetensors")

    def build(self, seed: int = 0, **arguments: Any) -> Sign2GPT:
        arguments = {"glosses": len(GLOSSES), "decoder": True} | arguments
        model = build_model(self.config, seed=seed, tokenizer=self.tokenizer, **arguments)
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data += 0.1
        return model

    def save(
        self,
        model: Sign2GPT,
        stage: StageName = "train",
        localizer: dict[str, torch.Tensor] | None = None,
        **arguments: Any,
    ) -> None:
        recipe = {"name": "tiny", "model": self.config.model_dump(mode="json")}
        tokenizer = self.tokenizer if stage == "train" else None
        finished = Finished(stage, GLOSSES, {"clips": 7}, tokenizer, localizer)
        save_run(self.run, system_named("sign2gpt"), model, recipe, finished, **arguments)

    def rewrite(self, **changes: Any) -> None:
        about = json.loads((self.run / "run.json").read_text()) | changes
        (self.run / "run.json").write_text(json.dumps(about))
        (self.run / "SHA256SUMS").unlink()  # as in older runs


@pytest.fixture
def place(tmp_path: Path, language_model: Path) -> Place:
    return Place(tmp_path, language_model)


def assert_same(first: nn.Module, second: nn.Module, atol: float = 0.0) -> None:
    theirs = second.state_dict()
    assert first.state_dict().keys() == theirs.keys()
    for name, value in first.state_dict().items():
        torch.testing.assert_close(theirs[name], value, atol=atol, rtol=0, msg=name)


def test_a_whole_run_needs_nothing_beside_it(place: Place, tmp_path: Path):
    model = place.build()
    place.save(model)
    shutil.rmtree(place.language_model)
    place.run.rename(tmp_path / "elsewhere")
    run = load_run(tmp_path / "elsewhere")
    assert_same(model, run.model)
    assert (run.about.stage, run.glosses, run.info, run.recipe["name"]) == ("train", GLOSSES, {"clips": 7}, "tiny")
    assert isinstance(run.model, Sign2GPT)
    assert run.model.tokenizer is not None
    assert run.model.tokenizer.encode(["a b"])[0].tolist() == [[2, 4, 5]]
    assert not run.model.training
    assert run.localizer is None


def test_frozen_weights_are_named_by_hash_where_they_stay_outside(place: Place):
    model = place.build()
    place.save(model, whole="no")
    assert read_about(place.run).references["language_model"].name == str(place.language_model)
    assert "decoder.model.embed_tokens.weight" not in load_file(place.run / "model.safetensors")
    assert_same(model, load_run(place.run).model)


def test_other_frozen_weights_than_those_trained_on_are_refused(place: Place):
    place.save(place.build(), whole="no")
    path = place.language_model / "model.safetensors"
    save_file({name: value + 1 for name, value in load_file(path).items()}, path)
    with pytest.raises(UserError, match="trained on other weights"):
        load_run(place.run)


def test_frozen_weights_that_are_not_there_are_named(place: Place):
    place.save(place.build(), whole="no")
    shutil.rmtree(place.language_model)
    with pytest.raises(UserError, match=r"run: cannot be built from its recipe\.yaml: language model .*no such folder"):
        load_run(place.run)


def test_a_backbone_that_trained_is_the_runs_own(place: Place, tmp_path: Path):
    published = tmp_path / "backbone.safetensors"
    save_file(place.build().spatial.backbone.state_dict(), published)
    place.config.spatial.train, place.config.spatial.weights = "full", str(published)
    model = place.build()
    place.save(model, whole="no")
    published.unlink()
    run = load_run(place.run)
    assert_same(model, run.model)
    assert run.config == place.config


def test_half_precision_halves_the_file_and_little_else(place: Place):
    model = place.build()
    place.save(model)
    size = (place.run / "model.safetensors").stat().st_size
    place.save(model, half=True)
    assert (place.run / "model.safetensors").stat().st_size < 0.7 * size
    run = load_run(place.run)
    assert_same(model, run.model, atol=2e-3)
    assert {value.dtype for value in run.model.state_dict().values()} == {torch.float32, torch.int64}


def test_the_pretrained_encoder_may_stay_beside_the_run(place: Place):
    model = place.build()
    before = encoder_weights(model)
    for parameter in model.sign_encoder.parameters():
        parameter.data += 1
    place.save(model, localizer=before)
    assert all(name.startswith("sign_encoder") for name in load_file(place.run / "localizer.safetensors"))
    run = load_run(place.run)
    assert run.localizer is not None
    assert run.localizer.can == {"localise"}
    assert all(torch.equal(run.localizer.state_dict()[name], value) for name, value in before.items())
    assert_same(model, run.model)
    place.save(model)
    assert load_run(place.run).localizer is None


def test_a_pretraining_starts_a_translation(place: Place):
    pretrained = place.build(decoder=False)
    place.save(pretrained, stage="pretrain")
    model = place.build(seed=9)
    fresh = {name: value.clone() for name, value in model.state_dict().items() if name.startswith("decoder")}
    assert start_from(model, place.run).glosses == GLOSSES
    state = model.state_dict()
    assert all(torch.equal(state[name], value) for name, value in pretrained.state_dict().items())
    assert all(torch.equal(state[name], value) for name, value in fresh.items())
    assert load_run(place.run).model.can == {"localise"}


@pytest.mark.parametrize("whole", ["yes", "no"])
def test_a_translation_goes_on_from_another(place: Place, whole: str):
    trained = place.build()
    place.save(trained, whole=whole)
    model = place.build(seed=9)
    start_from(model, place.run)
    assert_same(trained, model)


def test_a_run_of_other_sizes_starts_nothing(place: Place):
    place.save(place.build())
    place.config.mlp = 48
    with pytest.raises(
        UserError, match=r"(?s)does not fit the recipe.*mlp\.0\.weight is \(32, 16\), must be \(48, 16\)"
    ):
        start_from(place.build(), place.run)


def test_a_newer_format_is_refused_in_one_line(place: Place):
    place.save(place.build())
    place.rewrite(format=3, version="9.0")
    with pytest.raises(UserError, match=r"^.*format 3 is newer than 2.*9\.0$"):
        load_run(place.run)


def test_another_systems_run_is_refused(place: Place):
    place.save(place.build())
    place.rewrite(system="slt")
    with pytest.raises(UserError, match="slt: no such system"):
        load_run(place.run)


@pytest.mark.parametrize("name", ["run.json", "recipe.yaml", "model.safetensors", "language_model/tokenizer.json"])
@pytest.mark.parametrize("content", [None, "", "broken"])
def test_a_damaged_part_is_named(place: Place, name: str, content: str | None):
    place.save(place.build())
    (place.run / name).unlink() if content is None else (place.run / name).write_text(content)
    with pytest.raises(UserError, match=r"run\.json|recipe\.yaml|model\.safetensors|tokenizer"):
        load_run(place.run)


def test_a_folder_that_is_no_run_is_told(tmp_path: Path):
    with pytest.raises(UserError, match="no such folder"):
        load_run(tmp_path / "absent")
    with pytest.raises(UserError, match="no finished run"):
        load_run(tmp_path)


def flip(path: Path) -> None:
    """Turns over the lowest bit of the middle byte."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "name", ["run.json", "recipe.yaml", "model.safetensors", "language_model/tokenizer.json", "trust.json"]
)
@pytest.mark.parametrize(
    "read", [load_run, lambda run: start_from(load_run(shipped_run()).model, run)], ids=["load", "start"]
)
def test_a_flipped_bit_is_refused_with_the_files_name(tmp_path: Path, name: str, read: Callable[[Path], object]):
    run = tmp_path / "run"
    shutil.copytree(shipped_run(), run)
    read(run)
    flip(run / name)
    with pytest.raises(UserError) as told:
        read(run)
    assert str(told.value) == (
        f"{run}: {name} differs from SHA256SUMS, so it is damaged or was edited; "
        "copy it again, or delete its line in SHA256SUMS to keep an edit"
    )


def test_a_run_of_before_there_were_sums_loads(tmp_path: Path):
    run = tmp_path / "run"
    shutil.copytree(shipped_run(), run)
    (run / "SHA256SUMS").unlink()
    load_run(run)


def test_weights_that_are_not_finite_are_refused_by_name(place: Place):
    model = place.build()
    name, tensor = next((n, t) for n, t in model.named_parameters() if n.startswith("sign_encoder") and t.dim() > 1)
    with torch.no_grad():
        tensor.view(-1)[-1] = float("nan")
    place.save(model)
    with pytest.raises(UserError, match=rf"{re.escape(name)} holds values that are not finite \(NaN or infinity\)"):
        load_run(place.run)


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("recipe.yaml", {"width": 16384, "mlp": 1 << 17, "layers": [256, 256]}),
        ("recipe.yaml", {"spatial": {"backbone": "vit_tiny_patch16_224", "backbone_args": {"embed_dim": 8190}}}),
        ("language_model/config.json", {"d_model": 1 << 16, "ffn_dim": 1 << 19, "num_layers": 96}),
        ("language_model/config.json", {"model_type": "gpt2", "n_positions": 1 << 19, "n_embd": 64, "bos_token_id": 2}),
        ("language_model/config.json", {"num_layers": 10**6}),
    ],
)
def test_a_run_takes_no_memory_for_what_its_files_claim(place: Place, file: str, changes: dict[str, Any]) -> None:
    place.save(place.build())
    (place.run / "SHA256SUMS").unlink()
    path = place.run / file
    stored = yaml.safe_load(path.read_text())
    (stored["model"] if file == "recipe.yaml" else stored).update(changes)
    path.write_text(json.dumps(stored))
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), before[1]))
    try:
        with pytest.raises(UserError, match=r"cannot hold|num_layers must|beside its weights|does not accept"):
            load_run(place.run)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_language_model_takes_no_memory_for_what_its_config_claims(place: Place) -> None:
    path = place.language_model / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"d_model": 1 << 16, "ffn_dim": 1 << 19}))
    with pytest.raises(UserError, match=r"language model .*: [\d,]+ bytes cannot hold the [\d,]+ weights"):
        build_model(place.config, glosses=None, decoder=True)


@pytest.mark.parametrize("name", ["trust.json", "language_model/tokenizer_config.json"])
def test_a_link_out_of_a_run_is_not_passed_on(place: Place, tmp_path: Path, name: str) -> None:
    place.save(place.build())
    (tmp_path / "secret").write_text("{}")
    (place.run / name).unlink(missing_ok=True)
    (place.run / name).symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match="a link that leaves"):
        copy_run(place.run, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_only_what_a_run_is_made_of_is_passed_on(place: Place, tmp_path: Path) -> None:
    place.save(place.build())
    (place.run / "language_model" / "notes.txt").write_text("private")
    copy_run(place.run, tmp_path / "copy")
    assert not (tmp_path / "copy" / "language_model" / "notes.txt").exists()
    assert load_run(tmp_path / "copy").about.stage == "train"
