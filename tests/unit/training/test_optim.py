from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from worlds import recipe

from sign2gpt.model.build import build_model
from sign2gpt.model.language_model import LanguageModelSizes
from sign2gpt.training.config import OptimisationConfig, RatesConfig
from sign2gpt.training.optim import (
    clip_gradients,
    decays,
    hold_gates,
    make_optimizer,
    part_of,
    schedule,
    set_rates,
    trainable,
)


@pytest.fixture
def model(tmp_path) -> nn.Module:
    sizes = LanguageModelSizes(20, 16, 32, 2, 2, pad_id=1, end_id=2)
    config = recipe(tmp_path).model
    config.decoder.random_weights = True
    return build_model(config, glosses=3, decoder=True, sizes=sizes, new_tokens=2)


@given(st.integers(1, 500), st.floats(0, 100), st.floats(0.001, 1))
def test_the_rate_stays_between_the_floor_and_the_peak(steps: int, warmup: float, floor: float) -> None:
    shares = [schedule(step, steps, warmup, floor) for step in range(steps)]
    assert all(floor - 1e-9 <= share <= 1 + 1e-9 for share in shares)


def test_the_rate_climbs_a_line_and_falls_a_cosine_to_the_floor() -> None:
    shares = [schedule(step, 101, 20, 0.01) for step in range(101)]
    assert shares[0] == pytest.approx(0.01)
    assert shares[10] == pytest.approx(0.505)
    assert shares[20] == pytest.approx(1)
    assert shares[60] == pytest.approx(0.505)
    assert shares[100] == pytest.approx(0.01)


def test_every_trained_weight_has_a_rate_of_its_part(model: nn.Module) -> None:
    parts = {part_of(name) for name, _ in trainable(model)}
    assert parts == set(RatesConfig.model_fields)


def test_only_matrices_decay(model: nn.Module) -> None:
    for name, parameter in trainable(model):
        last = name.rpartition(".")[2]
        expected = parameter.dim() > 1 and last in ("weight", "a", "b")
        assert decays(name, parameter) is expected, name
    free = {name for name, parameter in trainable(model) if not decays(name, parameter)}
    assert {"decoder.new_tokens", "prototypes.class_temperature", "spatial.backbone.pos_embed"} <= free
    assert {"decoder.model.layers.0.self_attn.gate", "sign_encoder.before.0.scale1"} <= free


def test_groups_follow_their_factor(model: nn.Module) -> None:
    config = OptimisationConfig(rate=0.5, rates=RatesConfig(gates=100, memory=0))
    optimizer = make_optimizer(model, config)
    set_rates(optimizer, 0.1)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    by_part = {part_of(name): rates[id(parameter)] for name, parameter in trainable(model)}
    assert by_part == pytest.approx(dict.fromkeys(by_part, 0.1) | {"gates": 10.0, "memory": 0.0})


def test_stored_gates_are_held(model: nn.Module) -> None:
    gates = [parameter for name, parameter in trainable(model) if part_of(name) == "gates"]
    with torch.no_grad():
        gates[0].fill_(-4)
        gates[1].fill_(3)
    hold_gates(model, (-0.1, 1.1))
    torch.testing.assert_close(gates[0].data, torch.full_like(gates[0], -0.1))
    torch.testing.assert_close(gates[1].data, torch.full_like(gates[1], 1.1))


def test_gradients_are_clipped_to_a_value_and_then_to_a_norm() -> None:
    parameter = nn.Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([30.0, 0.5])
    norm = clip_gradients([parameter], 1.0, 0.1)
    assert float(norm) == pytest.approx(1.25**0.5)
    torch.testing.assert_close(parameter.grad, torch.tensor([1.0, 0.5]) * 0.1 / 1.25**0.5, rtol=1e-4, atol=0)
