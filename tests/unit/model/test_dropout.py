"""Our dropout: as torch's in what it does, though not in its numbers."""

from __future__ import annotations

import pytest
import torch

from sign2gpt.model.lora import dropout


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_each_value_falls_out_on_its_own_at_that_rate(rate: float):
    torch.manual_seed(0)
    fell = torch.stack([dropout(torch.ones(500, 401), rate) for _ in range(2)]) == 0
    assert fell.double().mean().item() == pytest.approx(rate, abs=0.005)  # over six standard deviations of 401,000
    neighbours = (fell[:, :, 1:] & fell[:, :, :-1]).double().mean().item()
    rows = (fell[:, 1:] & fell[:, :-1]).double().mean().item()
    again = (fell[0] & fell[1]).double().mean().item()
    assert (neighbours, rows, again) == pytest.approx((rate**2,) * 3, abs=0.01)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_what_stays_grows_and_so_does_its_gradient(kind: torch.dtype):
    x = torch.full((3, 7), 2.0, dtype=kind, requires_grad=True)
    made = dropout(x, 0.25)
    made.sum().backward()
    assert made.dtype == kind
    assert x.grad is not None
    assert set((made / 2).flatten().tolist()) <= {0.0, torch.tensor(4 / 3, dtype=kind).item()}
    torch.testing.assert_close(x.grad, made.detach() / 2)


def test_the_seed_decides_and_without_training_nothing_falls_out():
    x = torch.rand(5, 5)
    first, second = (torch.manual_seed(3) and dropout(x, 0.5) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(dropout(x, 0.5, training=False), x)
    assert torch.equal(dropout(x, 0.0), x)
    assert dropout(x[:0], 0.5).shape == (0, 5)
