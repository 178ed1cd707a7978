from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from sign2gpt.common.errors import UserError
from sign2gpt.model.language.memory import sinusoid
from sign2gpt.model.weights import read_tensors
from sign2gpt.systems.sign2gpt.convert import convert_state_dict, kind_of, load_converted, rename
from sign2gpt.systems.sign2gpt.prototypes import PrototypeHead

SHORT = Path(__file__).parents[2] / "parity" / "cases" / "short.weights.safetensors"


@pytest.fixture
def official() -> dict[str, Tensor]:
    return load_file(SHORT)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("sign_model.sign_model.spatial_model.lin.weight", "spatial.linear.weight"),
        (
            "sign_model.sign_model.spatial_model.spatial_model.blocks.9.attn.lora_w1_l2.weight",
            "spatial.backbone.blocks.9.attn.qkv.lora.b",
        ),
        (
            "sign_model.sign_model.spatial_model.spatial_model.blocks.11.mlp.lora_w2_l1.weight",
            "spatial.backbone.blocks.11.mlp.fc2.lora.a",
        ),
        (
            "sign_model.sign_model.encoder.network_block.network.2.1.token_mixer.in_proj_container.k_proj.bias",
            "sign_encoder.after.1.attention.key.bias",
        ),
        ("sign_model.post_model.vocab_embedding", "prototypes.vectors"),
        (
            "lang_model.model.layers.23.self_attn.adaptor_lora_wq_l1.weight",
            "decoder.model.layers.23.self_attn.cross_lora.q.a",
        ),
        (
            "lang_model.model.layers.0.self_attn.lora_wo_l2.weight",
            "decoder.model.layers.0.self_attn.lora.out.b",
        ),
        ("post_model.fc.bias", "decoder.memory.linear.bias"),
    ],
)
def test_names(theirs: str, ours: str):
    assert rename(theirs) == ours


def test_every_official_key_has_a_name_of_ours(official: dict[str, Tensor]):
    ours = convert_state_dict(official)
    assert {key.partition(".")[0] for key in ours} == {"spatial", "sign_encoder", "prototypes", "decoder"}
    assert ours["prototypes.vectors"].shape == (40, 300)
    assert ours["decoder.model.layers.0.self_attn.gate"].shape == (4,)


def test_the_first_stage_is_the_second_without_its_decoder(official: dict[str, Tensor]):
    first = {key.removeprefix("sign_model."): value for key, value in official.items() if key.startswith("sign_model.")}
    assert (kind_of(first), kind_of(official)) == ("stage1", "stage2")
    visual = {key: value for key, value in convert_state_dict(official).items() if not key.startswith("decoder.")}
    converted = convert_state_dict(first)
    assert converted.keys() == visual.keys()
    assert all(torch.equal(converted[key], visual[key]) for key in visual)


def test_what_is_stored_twice_is_left_out_only_when_it_is_the_same(official: dict[str, Tensor]):
    assert "lang_model.lm_head.weight" not in convert_state_dict(official)
    changed = official | {
        "lang_model.lm_head.weight": official["lang_model.lm_head.weight"] + 1,
        "sign_model.post_model.zero_embedding": torch.ones(300, 1, 1),
    }
    left = {key for key in convert_state_dict(changed) if "model.lm_head" in key or "zero_embedding" in key}
    assert left == {"lang_model.lm_head.weight", "sign_model.post_model.zero_embedding"}


def test_learnt_memory_positions_are_kept_and_computed_ones_are_not(official: dict[str, Tensor]):
    key = "post_model.pos_encoder.pos"
    assert torch.allclose(official[key][0], sinusoid(torch.arange(2048), 64), atol=1e-3)
    assert "decoder.memory.positions" not in convert_state_dict(official)
    learnt = torch.randn(1, 2048, 64)
    assert torch.equal(convert_state_dict(official | {key: learnt})["decoder.memory.positions"], learnt[0])


def test_embedding_rows_after_the_vocabulary_are_new_tokens(official: dict[str, Tensor]):
    rows = official["lang_model.model.embed_tokens.weight"]
    ours = convert_state_dict(official, vocabulary=115)
    assert torch.equal(ours["decoder.model.embed_tokens.weight"], rows[:115])
    assert torch.equal(ours["decoder.new_tokens"], rows[115:])


def test_every_misfit_is_listed():
    head = PrototypeHead(4, glosses=2, dim=3, dropout=0.0, class_temperature=0.1, time_temperature=0.1, trainable=False)
    model = nn.ModuleDict({"prototypes": head})
    official = {
        "post_model.fc_hidden.weight": torch.zeros(3, 5),
        "post_model.vocab_embedding": torch.zeros(3, 2, 1),
        "post_model.class_temperature": torch.tensor(0.1),
        "post_model.fc_other.weight": torch.zeros(1),
    }
    with pytest.raises(UserError) as error:
        load_converted(model, convert_state_dict(official), "old.pt")
    for told in (
        "old.pt: 3 problems",
        "2 missing weights: prototypes.project.bias, prototypes.time_temperature",
        "1 unknown weights: sign_model.post_model.fc_other.weight",
        "prototypes.project.weight is (3, 5), must be (3, 4)",
    ):
        assert told in str(error.value)


def test_weights_of_an_unknown_model():
    assert kind_of({"patch_embed.proj.weight": torch.zeros(1)}) == "dinov2"
    assert kind_of({"model.embed_tokens.weight": torch.zeros(1)}) == "xglm"
    with pytest.raises(UserError, match=r"of an unknown model \(conv1.weight, \.\.\.\); known: the official Sign2GPT"):
        kind_of({"conv1.weight": torch.zeros(1)})


class Code:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


def test_a_checkpoint_with_its_training_state_gives_its_model(tmp_path: Path):
    state = {"model": {"a": torch.ones(2)}, "optimizer": {"state": {0: torch.zeros(2)}}, "trainer": {"epoch": 3}}
    torch.save(state, tmp_path / "best.pt")
    assert list(read_tensors(tmp_path / "best.pt")) == ["a"]


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path):
    ran = tmp_path / "ran"
    torch.save({"model": {"a": torch.ones(2), "b": Code(f"touch {ran}")}}, tmp_path / "evil.pt")
    with pytest.raises(UserError, match=r"evil\.pt: holds code \(.*system\), which is never run"):
        read_tensors(tmp_path / "evil.pt")
    assert not ran.exists()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04 cut", b"\x80\x02}q\x00."])
def test_damaged_files_are_told(content: bytes, suffix: str, tmp_path: Path):
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        read_tensors(path)


def test_a_file_cut_short_is_told(tmp_path: Path):
    torch.save({"a": torch.ones(1000)}, tmp_path / "cut.pt")
    whole = (tmp_path / "cut.pt").read_bytes()
    for share in (0.1, 0.5, 0.95):
        (tmp_path / "cut.pt").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UserError, match=r"cut\.pt"):
            read_tensors(tmp_path / "cut.pt")
