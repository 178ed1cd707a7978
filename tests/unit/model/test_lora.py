from __future__ import annotations

import pytest
import torch
from torch import nn

from sign2gpt.model.lora import LoRA, LoRALinear, add_lora

SETTINGS = {"rank": 4, "alpha": 8.0, "dropout": 0.0}


def test_a_fresh_adapter_changes_nothing():
    frozen = nn.Linear(6, 5)
    x = torch.randn(3, 6)
    assert torch.equal(LoRALinear(frozen, **SETTINGS)(x), frozen(x))


def test_the_change_is_scaled_by_alpha_over_rank():
    adapted = LoRALinear(nn.Linear(6, 5), **SETTINGS)
    nn.init.normal_(adapted.lora.b)
    x = torch.randn(3, 6)
    change = 2.0 * x @ adapted.lora.a.T @ adapted.lora.b.T
    torch.testing.assert_close(adapted(x), x @ adapted.weight.T + adapted.bias + change)


def test_dropout_stands_before_the_adapter_alone():
    adapted = LoRALinear(nn.Linear(64, 5), rank=4, alpha=4.0, dropout=0.5).train()
    x = torch.randn(3, 64)
    plain = nn.functional.linear(x, adapted.weight, adapted.bias)
    assert torch.equal(adapted(x), plain)
    nn.init.normal_(adapted.lora.b)
    assert not torch.equal(adapted(x), adapted(x))


def test_frozen_keys_keep_their_names_and_only_the_adapter_trains():
    block = nn.ModuleDict({"attn": nn.ModuleDict({"qkv": nn.Linear(6, 18)}), "mlp": nn.Linear(6, 6)})
    before = set(block.state_dict())
    add_lora(block, ["attn.qkv", "mlp"], init_std=0.02, **SETTINGS)
    added = {"attn.qkv.lora.a", "attn.qkv.lora.b", "mlp.lora.a", "mlp.lora.b"}
    assert set(block.state_dict()) == before | added
    assert {name for name, p in block.named_parameters() if p.requires_grad} == added


def test_a_linear_layer_without_bias_and_on_the_meta_device():
    with torch.device("meta"):
        frozen = nn.Linear(6, 5, bias=False)
    adapted = LoRALinear(frozen, **SETTINGS)
    assert adapted.lora.a.is_meta
    assert set(adapted.state_dict()) == {"weight", "lora.a", "lora.b"}


@pytest.mark.parametrize("std", [0.02, 0.2])
def test_start(std: float):
    lora = LoRA(256, 16, init_std=std, **SETTINGS)
    assert lora.a.std().item() == pytest.approx(std, rel=0.15)
    assert not lora.b.any()
    open_start = LoRA(256, 16, init_std=None, **SETTINGS)
    assert open_start.b.any()
    assert open_start.a.abs().max() <= 1 / 16
