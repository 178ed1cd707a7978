"""Windowed attention by torch's flex attention: one compiled kernel forward and one backward, on a GPU.

Shapes: N tokens of all clips, H heads, D head width.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from sign2gpt.model import packed

if TYPE_CHECKING:  # a quarter of torch's own import, and seldom needed
    from torch.nn.attention.flex_attention import BlockMask

BLOCK = 128
NARROWEST = 16
"""Head width below which the kernel does not work."""


def pays(q: Tensor, dropout: float) -> bool:
    """Only in training on a GPU, where compiling it once is nothing; it knows no dropout of attention weights."""
    return q.is_cuda and q.requires_grad and dropout == 0 and q.shape[-1] >= NARROWEST


def flexed(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor, reach: int) -> Tensor:
    """(N, H, D) attends to ``reach`` tokens of its clip on each side, and to itself."""
    q, k, v = (part.transpose(0, 1)[None] for part in (q, k, v))  # 1 H N D
    return _compiled()(q, k, v, block_mask=band_mask(lengths, reach, q.device))[0].transpose(0, 1)


def band_mask(lengths: Tensor, reach: int, device: torch.device) -> BlockMask:
    """The band's blocks, written down at once: torch's own search for them would make an N x N mask."""
    from torch.nn.attention.flex_attention import BlockMask

    tokens = int(lengths.sum())
    clip = packed.repeat_per_clip(torch.arange(len(lengths)), lengths).to(device)
    count, side = -(-tokens // BLOCK), -(-reach // BLOCK)
    block = torch.arange(count, device=device)
    first = (block - side).clamp(min=0)
    seen = (block + side).clamp(max=count - 1) - first + 1
    indices = (first[:, None] + block).clamp(max=count - 1)

    def near(batch: Tensor, head: Tensor, token: Tensor, other: Tensor) -> Tensor:
        return (clip[token] == clip[other]) & ((token - other).abs() <= reach)

    return BlockMask.from_kv_blocks(
        seen.int()[None, None],
        indices.int()[None, None],
        BLOCK_SIZE=BLOCK,
        mask_mod=near,
        seq_lengths=(tokens, tokens),
    )


@cache
def _compiled() -> Any:
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention, dynamic=True)
