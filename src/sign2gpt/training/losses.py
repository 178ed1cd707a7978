"""Losses as sums for each clip, so that a step divides by the count of its items in all processes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional as F

from sign2gpt.model.text import IGNORED
from sign2gpt.training.token_losses import TokenLosses

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
