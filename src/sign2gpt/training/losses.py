"""Losses as sums for each clip, so that a step divides by the count of its items in all processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sign2gpt.model.language.tokenizer import IGNORED

EPSILON = 1e-8


def presence_loss(scores: torch.Tensor, targets: torch.Tensor, scale: float) -> torch.Tensor:
    """Binary cross entropy of pseudo-gloss presence (MODEL.md 4), summed over the pseudo-glosses.

    Args:
        scores: (B, V) presence of each pseudo-gloss in a clip, within 0..1.
        targets: (B, V) zeros and ones.
        scale: factor on the loss.

    Returns:
        (B,); divided by clips x pseudo-glosses it is the mean.
    """
    likely = scores.float().clamp(EPSILON, 1 - EPSILON)
    with torch.autocast(scores.device.type, enabled=False):
        return scale * F.binary_cross_entropy(likely, targets.float(), reduction="none").sum(1)


def sentence_loss(
    predict: Callable[[torch.Tensor], torch.Tensor],
    hidden: torch.Tensor,
    labels: torch.Tensor,
    smoothing: float,
    *,
    new_tokens: torch.Tensor | None,
) -> torch.Tensor:
    """Label-smoothed cross entropy, summed over a sentence's tokens; the logits of padding are never computed.

    Args:
        predict: hidden states to logits, by an output layer that does not train but for ``new_tokens``.
        hidden: (B, L, M), of the decoder.
        labels: (B, L); `IGNORED` where there is no token. On the CPU, so that a GPU is not waited for.
        smoothing: share of the target that is spread over the vocabulary.
        new_tokens: rows of the output layer that train, its last.

    Returns:
        (B,); divided by the count of tokens it is the mean.
    """
    real = (labels.flatten() != IGNORED).nonzero().squeeze(1)
    wanted, real = labels.flatten()[real].to(hidden.device), real.to(hidden.device)
    rows = new_tokens if torch.is_grad_enabled() else None  # a Function looks at requires_grad alone
    losses = TokenLosses.apply(predict, hidden.flatten(0, 1)[real], rows, wanted, smoothing)
    return losses.new_zeros(labels.shape).flatten().index_copy(0, real, losses).view(labels.shape).sum(1)


CHUNK = 128
"""Tokens at a time: with 256,008 columns their logits take 131 MB."""


class TokenLosses(torch.autograd.Function):
    """Label-smoothed cross entropy of each token, its gradient made along with it: nothing is computed twice.

    A token's loss depends on its own hidden state alone, so the gradient is kept for each as if all counted 1.

    Args:
        predict: hidden states (N, M) -> logits (N, V + K); nothing that it uses trains, but for ``rows``.
        hidden: (N, M).
        rows: (K, M) of the output layer that train, whose logits are the last K columns; None: none.
        labels: (N,) ids.
        smoothing: share of the target that is spread over the vocabulary.
    """

    @staticmethod
    def forward(
        ctx: Any,
        predict: Callable[[Tensor], Tensor],
        hidden: Tensor,
        rows: Tensor | None,
        labels: Tensor,
        smoothing: float,
    ) -> Tensor:
        graded = any(ctx.needs_input_grad)
        losses, slopes, of_rows = [], [], []
        for states, wanted in zip(hidden.split(CHUNK), labels.split(CHUNK), strict=True):
            states = states.detach().requires_grad_()
            with torch.set_grad_enabled(graded):
                logits = predict(states)
            loss, slope = smoothed(logits.detach(), wanted, smoothing)
            losses.append(loss)
            if graded:
                slopes += torch.autograd.grad(logits, states, slope.to(logits.dtype))
            if graded and rows is not None:
                of_rows.append(slope[:, -len(rows) :].clone())
        if graded:
            ctx.save_for_backward(torch.cat(slopes), *([torch.cat(of_rows), hidden] if of_rows else []))
        return torch.cat(losses)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor, Tensor | None, None, None]:
        (counts,) = gradients
        slopes, *new = ctx.saved_tensors
        rows = None
        if new:
            of_rows, hidden = new
            rows = (counts[:, None] * of_rows).T @ hidden.to(of_rows.dtype)
        return None, (counts[:, None] * slopes).to(slopes.dtype), rows, None, None


def smoothed(logits: Tensor, labels: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """Losses (N,) of logits (N, V), and their gradient by the logits; both float32."""
    logits = logits.float()
    wanted = labels[:, None]
    highest = logits.amax(1, keepdim=True)
    likely = (logits - highest).exp_()
    total = likely.sum(1, keepdim=True)
    aim = (1 - smoothing) * logits.gather(1, wanted) + smoothing * logits.mean(1, keepdim=True)
    slope = likely.div_(total).sub_(smoothing / logits.shape[1])
    slope.scatter_add_(1, wanted, torch.full_like(total, smoothing - 1))
    return (highest + total.log() - aim).squeeze(1), slope
