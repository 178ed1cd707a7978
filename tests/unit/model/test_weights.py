"""Files of weights never run code, and a mismatch tells every name."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from sign2gpt.common.errors import UserError
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
