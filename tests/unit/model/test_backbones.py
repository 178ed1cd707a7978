"""The small backbone that trains from scratch."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sign2gpt.common.errors import UserError
from sign2gpt.model.frontends.spatial import create_backbone

SIZES: dict[str, Any] = {"img_size": 64, "embed_dim": 24}


def test_a_frame_becomes_a_vector_of_its_cells() -> None:
    backbone = create_backbone("conv_grid", **SIZES).eval()
    assert backbone.num_features == 24 * 16
    assert backbone(torch.rand(2, 3, 64, 64)).shape == (2, 24 * 16)


def test_each_place_has_features_of_its_own() -> None:
    backbone = create_backbone("conv_grid", **SIZES).eval()
    frame = torch.zeros(1, 3, 64, 64)
    frame[:, :, 52:60, 52:60] = 1
    changed = (backbone(frame) != backbone(torch.zeros(1, 3, 64, 64))).view(24, 4, 4).any(0)
    assert changed[3, 3]
    assert not changed[:2, :2].any()


def test_every_weight_is_used() -> None:
    backbone = create_backbone("conv_grid", **SIZES)
    backbone(torch.rand(2, 3, 64, 64)).sum().backward()
    assert all(parameter.grad is not None for parameter in backbone.parameters())


def test_there_are_no_published_weights() -> None:
    with pytest.raises(UserError, match="no published weights"):
        create_backbone("conv_grid", pretrained=True, **SIZES)


@pytest.mark.parametrize("side", [32, 96])
def test_frames_of_another_size_are_refused(side: int) -> None:
    with pytest.raises(UserError, match="made for 64x64"):
        create_backbone("conv_grid", **SIZES)(torch.rand(1, 3, side, side))


def test_a_size_that_does_not_divide_is_refused() -> None:
    with pytest.raises(UserError, match="no multiple of 16"):
        create_backbone("conv_grid", img_size=60)
