"""The small backbone that trains from scratch."""

from __future__ import annotations

import pytest
import torch

from sign2gpt.common.errors import UserError
from sign2gpt.model.spatial import create_backbone

SIZES = {"img_size": 64, "embed_dim": 48, "depth": 1, "num_heads": 4}


def test_a_frame_becomes_a_token() -> None:
    backbone = create_backbone("vit_conv_stem_patch16", **SIZES).eval()
    assert backbone(torch.rand(2, 3, 64, 64)).shape == (2, 48)


def test_every_weight_is_used() -> None:
    backbone = create_backbone("vit_conv_stem_patch16", **SIZES)
    backbone(torch.rand(2, 3, 64, 64)).sum().backward()
    assert all(parameter.grad is not None for parameter in backbone.parameters())


def test_there_are_no_published_weights() -> None:
    with pytest.raises(UserError, match="no published weights"):
        create_backbone("vit_conv_stem_patch16", pretrained=True, **SIZES)
