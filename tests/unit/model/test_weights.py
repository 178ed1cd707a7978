"""Files of weights never run code, and a mismatch tells every name."""

from __future__ import annotations

import pickle
from argparse import Namespace
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sign2gpt.common.errors import UserError
from sign2gpt.model.frontends.spatial import SpatialEncoder
from sign2gpt.model.weights import fingerprint, load_exactly, read_tensors


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path("trap-was-sprung"),))


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Trap()}, "trap.pth")
    Path("plain.pth").write_bytes(pickle.dumps(Trap(), protocol=2))
    for name in ("trap.pth", "plain.pth"):
        with pytest.raises(UserError, match=name):
            read_tensors(Path(name))
    assert not Path("trap-was-sprung").exists()


PLAIN = {"a.weight": torch.ones(2), "b": torch.zeros(1)}


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": value for name, value in PLAIN.items()}


HEADS = {"head.mlp.weight": torch.ones(1), "dino_head.last": torch.ones(1)}
OTHER = {"a.weight": torch.full((2,), 9.0), "b": torch.ones(1)}
WRAPPED = {
    "model": ({"model": PLAIN, "epoch": 3, "args": Namespace(rate=0.1)}, "2 weights under model"),
    "state_dict": ({"state_dict": prefixed("module.")}, "under state_dict, without module. in"),
    "compiled": (prefixed("_orig_mod."), "without _orig_mod. in their names"),
    "compiled inside": ({"a._orig_mod.weight": PLAIN["a.weight"], "b": PLAIN["b"]}, "without _orig_mod."),
    "all of them": ({"state_dict": {"model": prefixed("module._orig_mod.backbone.")}}, "under state_dict.model,"),
    "teacher": ({"student": prefixed("module.") | OTHER, "teacher": prefixed("backbone.") | HEADS}, "under teacher,"),
    "teacher's names": (
        {"model": prefixed("teacher.backbone.") | {f"student.{name}": value for name, value in OTHER.items()}},
        "without teacher. and backbone. in",
    ),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_what_training_tools_wrap_around_weights_is_taken_off_and_reported(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    content, told = WRAPPED[name]
    torch.save(content, tmp_path / "weights.pth")
    found = read_tensors(tmp_path / "weights.pth")
    assert found.keys() == PLAIN.keys()
    assert all(torch.equal(found[key], value) for key, value in PLAIN.items())
    said = capsys.readouterr().err
    assert said.startswith(str(tmp_path / "weights.pth"))
    assert told in said


def test_plain_weights_say_nothing_and_safetensors_lose_prefixes_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    torch.save(PLAIN, tmp_path / "weights.pth")
    assert read_tensors(tmp_path / "weights.pth").keys() == PLAIN.keys()
    assert capsys.readouterr().err == ""
    save_file(prefixed("module."), tmp_path / "weights.safetensors")
    assert read_tensors(tmp_path / "weights.safetensors").keys() == PLAIN.keys()
    half = prefixed("module.") | {"other.weight": torch.ones(1)}
    save_file(half, tmp_path / "half.safetensors")
    assert read_tensors(tmp_path / "half.safetensors").keys() == half.keys()


def test_what_is_no_weight_is_named(tmp_path: Path):
    torch.save(PLAIN | {"epoch": 3}, tmp_path / "weights.pth")
    with pytest.raises(UserError, match=r"and nothing else \('epoch' is int\)"):
        read_tensors(tmp_path / "weights.pth")
    with pytest.raises(UserError, match=r"2 unknown weights \(they fit without the prefix encoder\.\): encoder\.bias"):
        load_exactly(nn.Linear(3, 2), {"encoder.weight": torch.ones(2, 3), "encoder.bias": torch.ones(2)}, "here")


def test_a_backbone_starts_from_a_teachers_file(tmp_path: Path):
    args = {"img_size": 32, "embed_dim": 16, "depth": 1, "num_heads": 2}
    part = {"lora_layers": 0, "lora": {"rank": 1, "alpha": 1.0, "dropout": 0.0, "init_std": 0.01}}
    build = partial(SpatialEncoder, 8, backbone="vit_tiny_patch16_224", backbone_args=args, train="full", **part)
    backbone = {f"module.backbone.{name}": value for name, value in build().backbone.state_dict().items()}
    torch.save({"teacher": backbone, "student": {}, "args": Namespace()}, tmp_path / "teacher.pth")
    encoder = build()
    encoder.load_backbone(read_tensors(tmp_path / "teacher.pth"))
    assert torch.equal(encoder.backbone.state_dict()["cls_token"], backbone["module.backbone.cls_token"])


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.pth"])
@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\x00" * 64])
def test_a_damaged_file_is_told(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=name):
        read_tensors(tmp_path / name)


def test_a_cut_file_is_told(tmp_path: Path):
    path = tmp_path / "cut.safetensors"
    save_file({"weight": torch.zeros(100)}, path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UserError, match="cannot be read as weights"):
        read_tensors(path)


def test_all_mismatches_come_at_once():
    weights = {"weight": torch.zeros(2, 3), "extra": torch.zeros(1)}
    with pytest.raises(UserError, match=r"(?s)3 problems.*missing weights: bias.*unknown weights: extra.*\(2, 3\)"):
        load_exactly(nn.Linear(4, 2), weights, "here")


def test_optional_names_may_be_absent_on_either_side():
    layer = nn.Linear(3, 2)
    weights = {"weight": torch.ones(2, 3, dtype=torch.float16), "mask": torch.zeros(1)}
    load_exactly(layer, weights, "here", optional={"bias", "mask"}.__contains__)
    assert torch.equal(layer.weight, torch.ones(2, 3))


def test_a_fingerprint_depends_on_names_and_values_alone():
    weights = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([3.0])}
    assert fingerprint(weights) == fingerprint({"b": weights["b"].half(), "a": weights["a"].half()})
    assert fingerprint(weights) != fingerprint({"b": weights["a"], "a": weights["b"]})
