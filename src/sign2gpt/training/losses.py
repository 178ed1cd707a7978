"""Losses as sums for each clip, so that a step divides by the count of its items in all processes."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from sign2gpt.model.text import IGNORED

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


def sentence_loss(logits: torch.Tensor, labels: torch.Tensor, smoothing: float) -> torch.Tensor:
    """Label-smoothed cross entropy, summed over a sentence's tokens.

    Args:
        logits: (B, L, vocabulary).
        labels: (B, L); `IGNORED` where there is no token.
        smoothing: share of the target that is spread over the vocabulary.

    Returns:
        (B,); divided by the count of tokens it is the mean.
    """
    flat = F.cross_entropy(
        logits.float().flatten(0, 1),
        labels.flatten(),
        reduction="none",
        ignore_index=IGNORED,
        label_smoothing=smoothing,
    )
    return flat.view(labels.shape).sum(1)
