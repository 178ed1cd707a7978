"""Pseudo-gloss pretraining's head (MODEL.md 4): which prototype a token resembles, and where in the clip.

Shapes: M tokens of all clips, B clips, V pseudo-glosses (column V of V + 1 is 'no sign'), D width of word vectors.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sign2gpt.model import packed
from sign2gpt.model.sign_model import Presence

COLDEST, WARMEST = 0.01, 1.0


class PrototypeHead(nn.Module):
    """Cosines of the projected tokens with the word vectors of the pseudo-glosses and with 'no sign'."""

    def __init__(
        self,
        width: int,
        *,
        glosses: int,
        dim: int,
        dropout: float,
        class_temperature: float,
        time_temperature: float,
        trainable: bool,
        vectors: Tensor | None = None,
    ) -> None:
        """``vectors`` (V, D) are the prototypes; None leaves random ones, to be loaded over."""
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(width, dim)
        start = torch.randn(glosses, dim) if vectors is None else vectors.detach().float().clone()
        assert start.shape == (glosses, dim), f"{tuple(start.shape)} word vectors for {glosses} glosses of width {dim}"
        self.vectors = nn.Parameter(start, requires_grad=trainable)
        self.class_temperature = nn.Parameter(torch.full((1,), class_temperature))
        self.time_temperature = nn.Parameter(torch.full((1,), time_temperature))

    def forward(self, z: Tensor, lengths: Tensor) -> Presence:
        """Packed tokens (M, C) -> similarity, presence and the clips' scores."""
        with torch.autocast(z.device.type, enabled=False):
            similarity = self.similarity(z.float())
            over_glosses = (similarity / clamped(self.class_temperature)).softmax(dim=-1)
            over_time = similarity / clamped(self.time_temperature)
            over_time = torch.cat([clip.softmax(dim=0) for clip in packed.split(over_time, lengths)])
            presence = over_glosses * over_time
            scores = torch.stack([clip.sum(dim=0) for clip in packed.split(presence[:, :-1], lengths)])
        return Presence(similarity, presence, scores)

    def similarity(self, z: Tensor) -> Tensor:
        """(M, C) -> cosines (M, V+1)."""
        tokens = F.normalize(self.project(self.dropout(z)), dim=-1)
        return with_no_sign(tokens @ F.normalize(self.vectors, dim=-1).T)


def with_no_sign(cosines: Tensor) -> Tensor:
    """(M, V) -> (M, V+1): the last prototype is the zero vector, whose cosine with anything is 0."""
    return F.pad(cosines, (0, 1))


def clamped(temperature: Tensor) -> Tensor:
    return temperature.clamp(COLDEST, WARMEST)
