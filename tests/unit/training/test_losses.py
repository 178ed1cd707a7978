from __future__ import annotations

import math

import torch

from sign2gpt.training.losses import presence_loss, sentence_loss


def test_presence_loss_is_the_mean_binary_cross_entropy_when_divided_by_its_items() -> None:
    scores, targets = torch.rand(3, 5), torch.randint(0, 2, (3, 5)).float()
    expected = torch.nn.functional.binary_cross_entropy(scores, targets) * 10
    torch.testing.assert_close(presence_loss(scores, targets, 10).sum() / 15, expected)


def test_presence_of_exactly_zero_and_one_stays_finite_with_its_gradient() -> None:
    scores = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = presence_loss(scores, torch.tensor([[1.0, 0.0]]), 1).sum()
    loss.backward()
    assert torch.isfinite(loss)
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()


def test_sentence_loss_leaves_padding_out() -> None:
    logits = torch.randn(2, 4, 7)
    labels = torch.tensor([[1, 2, 3, 4], [5, 6, -100, -100]])
    short = sentence_loss(logits[1:, :2], labels[1:, :2], 0.1)
    torch.testing.assert_close(sentence_loss(logits, labels, 0.1)[1:], short)


def test_sentence_loss_without_smoothing_is_minus_log_probability() -> None:
    logits = torch.zeros(1, 2, 8)
    assert math.isclose(float(sentence_loss(logits, torch.tensor([[3, 4]]), 0.0)), 2 * math.log(8), rel_tol=1e-6)
