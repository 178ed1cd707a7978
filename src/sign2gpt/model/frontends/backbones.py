"""A backbone of ours beside timm's: small frames, trained from scratch, on a laptop; it needs no timm."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sign2gpt.common.errors import UserError

CELL = 16


class ConvGrid(nn.Module):
    """Convolutions to a grid of 16-pixel cells, side by side in one vector: (N, 3, H, W) -> (N, cells * E).

    Where a hand is tells signs apart as much as its shape. A class token must learn to keep the two together, which
    takes a training from scratch several times as long as reading each cell at its own place.

    Args:
        img_size: side of the frames in pixels, a multiple of 16.
        embed_dim: E, width of a cell.
    """

    def __init__(self, img_size: int = 64, embed_dim: int = 96) -> None:
        super().__init__()
        if img_size % CELL:
            raise UserError(f"model.spatial.backbone_args: img_size {img_size} is no multiple of {CELL}")
        small, middle = embed_dim // 3, 2 * embed_dim // 3
        self.layers = nn.Sequential(
            *_convolution(3, small, kernel=7, stride=4),
            *_convolution(small, middle, kernel=3, stride=2),
            *_convolution(middle, middle, kernel=3, stride=1),
            *_convolution(middle, embed_dim, kernel=3, stride=2),
            *_convolution(embed_dim, embed_dim, kernel=1, stride=1),
        )
        self.img_size = img_size
        self.num_features = embed_dim * (img_size // CELL) ** 2

    def forward(self, frames: Tensor) -> Tensor:
        if frames.shape[-2:] != (self.img_size, self.img_size):
            high, wide = frames.shape[-2:]
            raise UserError(
                f"frames of {wide}x{high} pixels: this backbone was made for {self.img_size}x{self.img_size}"
            )
        # convolutions on CPUs take three quarters of the time with the channels of a pixel side by side
        return self.layers(frames.contiguous(memory_format=torch.channels_last)).flatten(1)


def _convolution(given: int, made: int, *, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(given, made, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(made), nn.ReLU(inplace=True)]


OWN: dict[str, type[nn.Module]] = {"conv_grid": ConvGrid}
"""Backbones of ours by name; they have no classifier and no published weights."""
