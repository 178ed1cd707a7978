"""The whole model: frames -> tokens -> features of the signs -> pseudo-glosses, or a sentence (MODEL.md).

B clips, packed one after another: N frames in all, M tokens after the sign encoder, C its width, L ids of text.
"""

from __future__ import annotations

from torch import Tensor, nn

from sign2gpt.model.decoder import Decoder
from sign2gpt.model.prototypes import Presence, PrototypeHead
from sign2gpt.model.sign_encoder import SignEncoder
from sign2gpt.model.spatial import SpatialEncoder


class Sign2GPT(nn.Module):
    """Its parts can be used alone: ``decoder`` and ``prototypes`` also take features that were computed once."""

    def __init__(
        self,
        spatial: SpatialEncoder,
        sign_encoder: SignEncoder,
        prototypes: PrototypeHead | None = None,
        decoder: Decoder | None = None,
    ) -> None:
        super().__init__()
        self.spatial = spatial
        self.sign_encoder = sign_encoder
        self.prototypes = prototypes
        self.decoder = decoder

    def encode(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Packed frames (N, 3, H, W) and lengths (B,) -> features z (M, C) and their lengths (B,)."""
        return self.sign_encoder(self.spatial(frames), lengths)

    def presence(self, frames: Tensor, lengths: Tensor) -> Presence:
        """Which pseudo-glosses the clips hold, and where."""
        assert self.prototypes is not None, "the model was built without a pretraining head"
        return self.prototypes(*self.encode(frames, lengths))

    def forward(self, frames: Tensor, lengths: Tensor, input_ids: Tensor) -> Tensor:
        """Logits (B, L, vocabulary) of the ids that follow ``input_ids`` (B, L)."""
        assert self.decoder is not None, "the model was built without a decoder"
        return self.decoder(input_ids, self.decoder.remember(*self.encode(frames, lengths)))
