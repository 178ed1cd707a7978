"""Language models are found and read as transformers stores them, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from sign2gpt.common.errors import UserError
from sign2gpt.model.language.language_model import (
    KNOWN,
    LanguageModelSizes,
    find,
    read_sizes,
    read_weights,
    weight_files,
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import XGLMConfig, XGLMForCausalLM

    folder = tmp_path_factory.mktemp("xglm")
    config = XGLMConfig(vocab_size=30, d_model=16, ffn_dim=32, num_layers=2, attention_heads=4, dropout=0.3)
    XGLMForCausalLM(config).save_pretrained(folder)
    return folder


def copy_config(stored: Path, folder: Path, **changes: object) -> Path:
    config = json.loads((stored / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_sizes_are_read_and_written(stored: Path):
    sizes = read_sizes(str(stored))
    assert sizes == LanguageModelSizes(30, 16, 32, 2, 4, pad_id=1, end_id=2, dropout=0.3)
    assert LanguageModelSizes.from_config(sizes.to_config(), "") == sizes


def test_the_papers_sizes_need_no_network():
    assert read_sizes("facebook/xglm-1.7B").width == 2048
    assert {sizes.vocabulary for sizes in KNOWN.values()} == {256008}


def test_a_known_size_equals_transformers_default():
    from transformers import XGLMConfig

    assert LanguageModelSizes.from_config(XGLMConfig().to_dict(), "") == KNOWN["facebook/xglm-564M"]


def test_another_xglm_is_refused_with_all_reasons(stored: Path, tmp_path: Path):
    folder = copy_config(stored, tmp_path, activation_function="relu", eos_token_id=None)
    with pytest.raises(UserError, match=r"(?s)2 problems.*eos_token_id.*relu"):
        read_sizes(str(folder))


def test_shards_and_pytorch_files_hold_the_same_weights(stored: Path, tmp_path: Path):
    from safetensors.torch import save_file

    whole = read_weights(stored)
    assert not {"lm_head.weight", "model.embed_positions.weights"} & set(whole)
    parts = {f"part-{number}.safetensors": sorted(whole)[number::2] for number in range(2)}
    for name, keys in parts.items():
        save_file({key: whole[key] for key in keys}, tmp_path / name)
    index = {"weight_map": {key: name for name, keys in parts.items() for key in keys}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert len(weight_files(tmp_path)) == 2
    pytorch = tmp_path / "pytorch"
    pytorch.mkdir()
    torch.save(load_file(stored / "model.safetensors"), pytorch / "pytorch_model.bin")
    for folder in (tmp_path, pytorch):
        read = read_weights(folder)
        assert read.keys() == whole.keys()
        assert all(torch.equal(read[key], whole[key]) for key in whole)


def test_half_precision_is_read_as_float32(stored: Path, tmp_path: Path):
    torch.save(
        {k: v.half() for k, v in load_file(stored / "model.safetensors").items()}, tmp_path / "pytorch_model.bin"
    )
    assert {value.dtype for value in read_weights(tmp_path).values()} == {torch.float32}


def test_a_folder_without_weights_says_what_it_lacks(tmp_path: Path):
    with pytest.raises(UserError, match=r"neither model.safetensors nor pytorch_model.bin"):
        read_weights(tmp_path)


def test_a_name_that_nobody_can_have_is_told():
    with pytest.raises(UserError, match=r"no such folder.*OWNER/NAME"):
        find("one/two/three")


def test_a_folder_that_is_not_there_yet_is_not_looked_for_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    with pytest.raises(UserError, match="no such folder; `sign2gpt lm`"):
        find("demo/lm")
