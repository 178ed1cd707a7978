"""Our model equals the reference implementation, stage by stage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file, save_file

from sign2gpt.common.errors import UserError


def test_every_tensor_of_the_small_cases_agrees(parity: ModuleType, small_cases: Path):
    found = parity.check(small_cases)
    assert {row.case for row in found} == {"short", "pos_embed", "prototypes", *(f"decoding_{x}" for x in "acdef")}
    assert [row for row in found if row.difference > 1e-5] == []


def test_every_tensor_of_the_reference_folder_agrees(parity: ModuleType, golden: Path):
    found = parity.check(golden)
    assert len({row.case for row in found}) >= 9
    assert [row for row in found if not row.agrees] == []


def test_cases_are_known_by_what_is_in_them(parity: ModuleType, small_cases: Path, tmp_path: Path):
    shutil.copy(small_cases / "pos_embed.safetensors", tmp_path / "a.safetensors")
    shutil.copy(small_cases / "prototypes.safetensors", tmp_path / "b.c.safetensors")
    for part in (".json", ".weights.safetensors", ".io.safetensors"):
        shutil.copy(small_cases / f"decoding_a{part}", tmp_path / f"pos_embed.v2{part}")
    found = parity.check(tmp_path)
    assert {row.case for row in found} == {"a", "b.c", "pos_embed.v2"}
    assert all(row.agrees for row in found)


def test_one_changed_value_is_found(
    parity: ModuleType, small_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    tensors = load_file(small_cases / "pos_embed.safetensors")
    tensors["grid16"][0, 40, 3] += 3e-4
    save_file(tensors, tmp_path / "grid.safetensors")
    assert parity.main([str(tmp_path), "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["tensors"]
    assert {row["tensor"]: row["agrees"] for row in rows} == {"grid16": False, "grid24": True, "grid37": True}


def test_another_sentence_is_found(parity: ModuleType, small_cases: Path, tmp_path: Path):
    for part in (".json", ".weights.safetensors", ".io.safetensors"):
        shutil.copy(small_cases / f"decoding_a{part}", tmp_path / f"decoder{part}")
    io = load_file(tmp_path / "decoder.io.safetensors")
    io["greedy_ids"] = torch.cat([io["greedy_ids"][:-1], torch.tensor([7, 2])])
    save_file(io, tmp_path / "decoder.io.safetensors")
    assert [row.tensor for row in parity.check(tmp_path) if not row.agrees] == ["greedy_ids"]


def test_nothing_to_check_is_no_success(parity: ModuleType, tmp_path: Path):
    assert parity.main([str(tmp_path)]) == 1


def test_a_file_of_no_known_kind_is_told(parity: ModuleType, tmp_path: Path):
    save_file({"x": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="neither position grids nor prototype heads"):
        parity.check(tmp_path)


def test_a_case_without_its_weights_is_told(parity: ModuleType, small_cases: Path, tmp_path: Path):
    shutil.copy(small_cases / "decoding_a.json", tmp_path)
    with pytest.raises(UserError, match=r"decoding_a\.weights\.safetensors: no such file"):
        parity.check(tmp_path)
