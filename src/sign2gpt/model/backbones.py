"""A backbone of ours, under a name that timm creates it by: small frames, trained from scratch, on a laptop."""

from __future__ import annotations

from typing import Any

from timm.models import register_model
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from sign2gpt.common.errors import UserError

PATCH = 16


class ConvStem(nn.Module):
    """Patches of 16 pixels through four convolutions: (N, 3, H, W) -> (N, patches, E).

    A linear patch embedding must learn a hand anew for each place within a patch; from scratch that takes far longer.
    """

    def __init__(self, img_size: int, patch_size: int, in_chans: int, embed_dim: int, **_: Any) -> None:
        super().__init__()
        self.patch_size = (patch_size, patch_size)
        self.grid_size = (img_size // patch_size, img_size // patch_size)
        self.num_patches = self.grid_size[0] * self.grid_size[1]
        small, middle = embed_dim // 3, 2 * embed_dim // 3
        self.layers = nn.Sequential(
            *_convolution(in_chans, small, kernel=7, stride=4),
            *_convolution(small, middle, kernel=3, stride=2),
            *_convolution(middle, middle, kernel=3, stride=1),
            *_convolution(middle, embed_dim, kernel=3, stride=2),
        )
        self.proj = nn.Conv2d(embed_dim, embed_dim, 1)

    def forward(self, frames: Tensor) -> Tensor:
        return self.proj(self.layers(frames)).flatten(2).transpose(1, 2)


def _convolution(given: int, made: int, *, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(given, made, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(made), nn.ReLU(inplace=True)]


@register_model
def vit_conv_stem_patch16(pretrained: bool = False, **arguments: Any) -> VisionTransformer:
    """A ViT behind a `ConvStem`; ``img_size``, ``embed_dim``, ``depth`` and ``num_heads`` as for timm's own."""
    if pretrained:
        raise UserError("model.spatial.weights: vit_conv_stem_patch16 has no published weights; leave it empty")
    own = {key: value for key, value in arguments.items() if not key.startswith(("pretrained_", "cache_"))}
    return VisionTransformer(patch_size=PATCH, embed_layer=ConvStem, **own)
