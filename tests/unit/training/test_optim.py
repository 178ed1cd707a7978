from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from worlds import recipe

from sign2gpt.model.language.language_model import LanguageModelSizes
from sign2gpt.systems.sign2gpt.config import Sign2GPTRates
from sign2gpt.systems.sign2gpt.model import Sign2GPT, build_model
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.optim import (
    clip_gradients,
    cosine,
    decaying,
    make_optimizer,
    rate_share,
    set_rates,
    trainable,
)


@pytest.fixture
def model(tmp_path) -> Sign2GPT:
    sizes = LanguageModelSizes(20, 16, 32, 2, 2, pad_id=1, end_id=2)
    config = recipe(tmp_path).model
    config.decoder.random_weights = True
    return build_model(config, glosses=3, decoder=True, sizes=sizes, new_tokens=2)


@given(st.integers(1, 500), st.floats(0, 100), st.floats(0.001, 1))
def test_the_rate_stays_between_the_floor_and_the_peak(steps: int, warmup: float, floor: float) -> None:
    shares = [cosine(step, steps, warmup, floor) for step in range(steps)]
    assert all(floor - 1e-9 <= share <= 1 + 1e-9 for share in shares)


def test_the_rate_climbs_a_line_and_falls_a_cosine_to_the_floor() -> None:
    shares = [cosine(step, 101, 20, 0.01) for step in range(101)]
    assert shares[0] == pytest.approx(0.01)
    assert shares[10] == pytest.approx(0.505)
    assert shares[20] == pytest.approx(1)
    assert shares[60] == pytest.approx(0.505)
    assert shares[100] == pytest.approx(0.01)


def test_every_trained_weight_has_a_rate_of_its_part(model: Sign2GPT) -> None:
    parts = {model.rate_of(name) for name, _ in trainable(model)}
    assert parts == set(Sign2GPTRates.model_fields)


def test_only_matrices_decay(model: Sign2GPT) -> None:
    for name, parameter in trainable(model):
        last = name.rpartition(".")[2]
        expected = parameter.dim() > 1 and last in ("weight", "a", "b")
        assert (parameter in decaying(model)) is expected, name
    free = {name for name, parameter in trainable(model) if parameter not in decaying(model)}
    assert {"decoder.new_tokens", "prototypes.class_temperature", "spatial.backbone.pos_embed"} <= free
    assert {"decoder.model.layers.0.self_attn.gate", "sign_encoder.before.0.scale1"} <= free


def test_groups_follow_their_factor(model: Sign2GPT) -> None:
    config = OptimisationConfig(rate=0.5, rates=Sign2GPTRates(gates=100, memory=0))
    optimizer = make_optimizer(model, config)
    set_rates(optimizer, 0.1)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    by_part = {model.rate_of(name): rates[id(parameter)] for name, parameter in trainable(model)}
    assert by_part == pytest.approx(dict.fromkeys(by_part, 0.1) | {"gates": 10.0, "memory": 0.0})


def test_gates_are_what_the_decoder_says_and_no_name_that_resembles_them() -> None:
    """A language model's own gated MLP has a matrix called ``gate_proj``; its adapters follow ``adapters``."""
    names = ["decoder.model.layers.0.mlp.gate_proj.lora.a", "decoder.model.layers.0.self_attn.watching.gate"]
    gated = GateNames([names[1].removeprefix("decoder.")])
    assert [Sign2GPT.rate_of(gated, name) for name in names] == ["adapters", "gates"]  # type: ignore[arg-type]


class GateNames:
    """As much of a model as `rate_of` asks for."""

    def __init__(self, gate_names: list[str]) -> None:
        self.decoder, self.gate_names = self, gate_names


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "plateau", "exponential", "constant"])
def test_schedules_start_and_end_where_they_say(schedule: str) -> None:
    config = OptimisationConfig(epochs=10, schedule=schedule, warmup_epochs=2, floor=0.1, decay=0.5)
    shares = [rate_share(config, step, 10, plateaus=step // 50) for step in range(100)]
    assert all(0 < share <= 1 for share in shares)
    assert shares[0] == pytest.approx(1 if schedule == "cosine" else 0.1)
    ends = {"one_cycle": 0.1, "cosine": 0.1, "plateau": 0.5, "exponential": 0.5**9, "constant": 1}
    assert shares[99] == pytest.approx(ends[schedule])


@pytest.mark.parametrize(
    ("kind", "made"), [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)]
)
def test_the_recipe_chooses_the_optimiser(model: Sign2GPT, kind: str, made: type) -> None:
    config = OptimisationConfig(optimizer=kind, momentum=0.8, nesterov=True, betas=(0.8, 0.9))
    optimizer = make_optimizer(model, config)
    assert type(optimizer) is made
    wanted = {"momentum": 0.8, "nesterov": True} if kind == "sgd" else {"betas": (0.8, 0.9)}
    assert wanted.items() <= optimizer.defaults.items()


def test_gradients_are_clipped_to_a_value_and_then_to_a_norm() -> None:
    parameter = nn.Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([30.0, 0.5])
    norm = clip_gradients([parameter], 1.0, 0.1)
    assert float(norm) == pytest.approx(1.25**0.5)
    torch.testing.assert_close(parameter.grad, torch.tensor([1.0, 0.5]) * 0.1 / 1.25**0.5, rtol=1e-4, atol=0)
