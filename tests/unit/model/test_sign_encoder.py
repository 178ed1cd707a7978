from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sign2gpt.model import packed
from sign2gpt.systems.sign2gpt.sign_encoder import DropPath, SignEncoder, pool

WIDTH = 16


def encoder(**changes: Any) -> SignEncoder:
    settings = {
        "heads": 2,
        "layers": (2, 2),
        "window": 5,
        "downsample": True,
        "mlp": 32,
        "dropout": 0.1,
        "drop_path": 0.1,
        "layer_scale": 0.5,
    }
    torch.manual_seed(0)
    return SignEncoder(WIDTH, **(settings | changes)).eval()


def clip(length: int, seed: int = 0) -> Tensor:
    return torch.randn(length, WIDTH, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=4), st.sampled_from([0, 1, 3, 7]), st.booleans())
def test_a_clip_is_the_same_alone_and_in_any_batch(lengths: list[int], window: int, downsample: bool):
    model = encoder(window=window, downsample=downsample)
    clips = [clip(length, seed) for seed, length in enumerate(lengths)]
    together, lengths_out = model(torch.cat(clips), torch.tensor(lengths))
    assert lengths_out.tolist() == [math.ceil(n / 2) if downsample else n for n in lengths]
    for found, alone in zip(packed.split(together, lengths_out), clips, strict=True):
        torch.testing.assert_close(found, model(alone, torch.tensor([len(alone)]))[0], atol=1e-5, rtol=0)


def test_window_zero_reaches_the_whole_clip_and_no_other():
    model, lengths = encoder(window=0, downsample=False), torch.tensor([20, 3])
    x = torch.cat([clip(20), clip(3, 1)])
    changed = x.clone()
    changed[19] += 1
    moved = (model(x, lengths)[0] - model(changed, lengths)[0]).abs().sum(1) > 1e-6
    assert moved.tolist() == [True] * 20 + [False] * 3


@pytest.mark.parametrize(("length", "expected"), [(1, [1 / 3]), (2, [1.0]), (5, [1.0, 3.0, 3.0]), (4, [1.0, 3.0])])
def test_pooling_counts_the_zeros_beyond_the_ends(length: int, expected: list[float]):
    x = torch.arange(1.0, length + 1)[:, None]
    pooled, lengths = pool(x, torch.tensor([length]))
    assert lengths.item() == len(expected)
    torch.testing.assert_close(pooled.squeeze(1), torch.tensor(expected))


def test_pooling_equals_torch_on_each_clip():
    lengths = torch.tensor([7, 4, 1])
    x = torch.randn(12, 3)
    pooled, lengths_out = pool(x, lengths)
    for found, part in zip(packed.split(pooled, lengths_out), packed.split(x, lengths), strict=True):
        torch.testing.assert_close(found, torch.nn.functional.avg_pool1d(part.T, 3, 2, 1).T)


def test_drop_path_leaves_out_whole_clips_and_keeps_the_mean():
    torch.manual_seed(0)
    lengths = torch.full((400,), 3)
    dropped = packed.pad(DropPath(0.25).train()(torch.ones(1200, 2), lengths), lengths)
    assert set(dropped.unique().tolist()) <= {0.0, torch.tensor(1 / 0.75).item()}
    assert torch.equal(dropped.amin((1, 2)), dropped.amax((1, 2)))
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.08)


def test_drop_path_rises_over_the_layers():
    model = encoder(drop_path=0.3)
    rates = [part.rate for part in model.modules() if isinstance(part, DropPath)]
    assert rates == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_every_parameter_gets_a_gradient_in_training():
    model = encoder().train()
    model(clip(9), torch.tensor([4, 5]))[0].square().sum().backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


def test_key_names():
    keys = set(encoder(layers=(1, 1)).state_dict())
    linear = [f"attention.{x}" for x in ("query", "key", "value", "out")] + ["mlp.0", "mlp.3", "norm1", "norm2"]
    layer = {f"{name}.{kind}" for name in linear for kind in ("weight", "bias")} | {"scale1", "scale2"}
    assert keys == {f"{half}.0.{key}" for half in ("before", "after") for key in layer}
