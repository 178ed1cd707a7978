from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from worlds import recipe

from sign2gpt.common.errors import UserError
from sign2gpt.model.language.quantised import QUANTISED
from sign2gpt.pipeline import run_recipe
from sign2gpt.systems import load_run
from sign2gpt.systems.sign2gpt.model import Sign2GPT
from sign2gpt.training.parallel.frozen import frozen_in


def loss_of(model: Sign2GPT) -> torch.Tensor:
    assert model.decoder is not None
    frames = torch.randint(256, (9, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    ids = torch.tensor([[2, 4, 5], [2, 5, 6]])
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(frames, torch.tensor([5, 4]), ids)
    return nn.functional.cross_entropy(logits.float().flatten(0, 1), ids.flatten())


def test_frozen_matrices_are_half_inside_and_the_same_bits_afterwards(world: Path) -> None:
    world_recipe = recipe(world)
    run_recipe(world_recipe, "train")
    model = load_run(world / "translate").model
    model.spatial.backbone.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    whole = loss_of(model)
    with frozen_in("bf16", model):
        kinds = {name: parameter.dtype for name, parameter in model.named_parameters()}
        assert kinds["decoder.model.embed_tokens.weight"] == torch.bfloat16
        assert {kinds[name] for name in kinds.keys() - set(frozen)} == {torch.float32}
        torch.testing.assert_close(loss_of(model), whole, atol=1e-2, rtol=1e-2)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_training_with_rounded_frozen_weights_ends_with_whole_ones(world: Path) -> None:
    rounded = recipe(world, "train.precision=bf16", "train.frozen_precision=bf16")
    run = load_run(run_recipe(rounded, "train"))
    assert run.model.decoder is not None
    weight = run.model.decoder.model.embed_tokens.weight
    assert weight.dtype == torch.float32
    assert not torch.equal(weight, weight.bfloat16().float())
    assert run.info["dev"]["loss"] > 0


@pytest.mark.parametrize("bits", QUANTISED)
def test_a_training_on_quantised_weights_ends_with_whole_ones(world: Path, bits: str) -> None:
    pytest.importorskip("torchao", reason="the extra `quantised` is not installed")
    plain, quantised = (
        recipe(world, "train.precision=bf16", f"train.frozen_precision={kind}", f"train.output={world / kind}")
        for kind in ("bf16", bits)
    )
    expected, found = (load_run(run_recipe(each, "train")) for each in (plain, quantised))
    assert found.info["dev"]["loss"] == pytest.approx(expected.info["dev"]["loss"], rel=0.05)
    state, whole = found.model.state_dict(), expected.model.state_dict()
    assert found.model.decoder is not None
    assert state.keys() == whole.keys()
    assert all(
        torch.equal(state[f"decoder.{name}"], whole[f"decoder.{name}"]) for name in found.model.decoder.frozen_names
    )
    assert any(not torch.equal(state[name], whole[name]) for name in state if ".lora." in name)


def test_without_autocast_there_is_no_rounding(world: Path) -> None:
    with pytest.raises(UserError, match="frozen_precision bf16 needs precision bf16"):
        recipe(world, "train.precision=fp32", "train.frozen_precision=bf16")


def test_quantised_matrices_are_not_shared_out(world: Path) -> None:
    with pytest.raises(UserError, match="shard takes frozen_precision bf16 or fp32, not nf4"):
        recipe(world, "train.precision=bf16", "train.frozen_precision=nf4", "train.shard=true")
