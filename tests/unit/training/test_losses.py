from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from sign2gpt.model.language.tokenizer import IGNORED
from sign2gpt.training import losses as token_losses
from sign2gpt.training.losses import presence_loss, sentence_loss


def test_presence_loss_is_the_mean_binary_cross_entropy_when_divided_by_its_items() -> None:
    scores, targets = torch.rand(3, 5), torch.randint(0, 2, (3, 5)).float()
    expected = F.binary_cross_entropy(scores, targets) * 10
    torch.testing.assert_close(presence_loss(scores, targets, 10).sum() / 15, expected)


def test_presence_of_exactly_zero_and_one_stays_finite_with_its_gradient() -> None:
    scores = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = presence_loss(scores, torch.tensor([[1.0, 0.0]]), 1).sum()
    loss.backward()
    assert torch.isfinite(loss)
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()


def predict(embedding: Tensor, new: Tensor | None, hidden: Tensor) -> Tensor:
    return F.linear(hidden, embedding if new is None else torch.cat([embedding, new]))


def plain(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """The loss of each sentence by torch's own, from all logits at once."""
    losses = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none", label_smoothing=smoothing)
    return losses.view(labels.shape).sum(1)


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=4),
    st.integers(2, 40),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.integers(0, 1000),
)
def test_sentence_loss_and_its_gradients_are_those_of_all_logits(
    lengths: list[int], vocabulary: int, added: int, smoothing: float, seed: int
) -> None:
    torch.manual_seed(seed)
    embedding, labels = torch.randn(vocabulary, 6), torch.randint(vocabulary + added, (len(lengths), 9))
    for row, length in zip(labels, lengths, strict=True):
        row[length:] = IGNORED
    hidden = torch.randn(len(lengths), 9, 6, requires_grad=True)
    new = torch.randn(added, 6, requires_grad=True) if added else None
    weights = torch.rand(len(lengths))  # clips need not count alike
    output = partial(predict, embedding, new)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_losses, "CHUNK", 4)
        found = sentence_loss(output, hidden, labels, smoothing, new_tokens=new)
        expected = plain(output(hidden), labels, smoothing)
        trained = [hidden] if new is None else [hidden, new]
        gradients = torch.autograd.grad(weights @ found, trained)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gradients, torch.autograd.grad(weights @ expected, trained), atol=1e-5, rtol=1e-5)


def test_sentence_loss_keeps_hidden_states_for_the_backward_pass_and_no_logits() -> None:
    embedding, hidden = torch.randn(5000, 8), torch.randn(2, 16, 8, requires_grad=True)
    kept: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: (kept.append(x), x)[1], lambda x: x):
        sentence_loss(partial(predict, embedding, None), hidden, torch.randint(5000, (2, 16)), 0.1, new_tokens=None)
    own = [tensor for tensor in kept if tensor.untyped_storage().data_ptr() != embedding.untyped_storage().data_ptr()]
    assert max(tensor.numel() for tensor in own) == hidden.numel()


def test_the_logits_of_padding_are_never_computed() -> None:
    seen: list[int] = []

    def output(hidden: Tensor) -> Tensor:
        seen.append(len(hidden))
        return hidden

    labels = torch.tensor([[1, 2, 3, 4], [5, 6, IGNORED, IGNORED]])
    sentence_loss(output, torch.randn(2, 4, 7), labels, 0.1, new_tokens=None)
    assert seen == [6]


def test_without_gradients_none_is_made() -> None:
    embedding, new = torch.randn(6, 4), torch.randn(2, 4, requires_grad=True)
    graded: list[bool] = []

    def output(hidden: Tensor) -> Tensor:
        graded.append(predict(embedding, new, hidden).requires_grad)
        return predict(embedding, new, hidden)

    with torch.no_grad():
        sentence_loss(output, torch.randn(1, 3, 4), torch.tensor([[1, 7, 2]]), 0.1, new_tokens=new)
    assert graded == [False]


def test_sentence_loss_under_bfloat16_is_that_of_all_logits() -> None:
    embedding, labels = torch.randn(50, 8), torch.randint(50, (2, 5))
    hidden = torch.randn(2, 5, 8, requires_grad=True)
    output = partial(predict, embedding, None)
    with torch.autocast("cpu", torch.bfloat16):
        found = sentence_loss(output, hidden, labels, 0.1, new_tokens=None)
        expected = plain(output(hidden).float(), labels, 0.1)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(losses.sum(), hidden)[0] for losses in (found, expected)]
    torch.testing.assert_close(*gradients, atol=2e-2, rtol=2e-2)


def test_sentence_loss_without_smoothing_is_minus_log_probability() -> None:
    hidden = torch.zeros(1, 2, 8)
    loss = sentence_loss(lambda logits: logits, hidden, torch.tensor([[3, 4]]), 0.0, new_tokens=None)
    assert math.isclose(float(loss), 2 * math.log(8), rel_tol=1e-6)


def test_label_smoothing_shares_a_tenth_among_all_words() -> None:
    logits = torch.randn(1, 3, 7, dtype=torch.float64)
    labels, found = torch.tensor([[2, 6, 0]]), 0.0
    for scores, label in zip(logits[0].tolist(), labels[0].tolist(), strict=True):
        losses = [math.log(sum(map(math.exp, scores))) - score for score in scores]
        found += 0.9 * losses[label] + 0.1 * sum(losses) / 7
    loss = sentence_loss(lambda hidden: hidden, logits, labels, 0.1, new_tokens=None)
    assert float(loss) == pytest.approx(found, abs=1e-5)
