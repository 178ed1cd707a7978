from __future__ import annotations

from typing import Any

import pytest
import torch

from sign2gpt.common.errors import UserError
from sign2gpt.model.frontends.spatial import AT_ONCE, SpatialEncoder, normalised, resize_grid

DINOV2 = "vit_small_patch14_dinov2.lvd142m"
TINY = {"embed_dim": 12, "depth": 4, "num_heads": 2, "img_size": 28}


def encoder(**changes: Any) -> SpatialEncoder:
    settings = {
        "backbone": DINOV2,
        "backbone_args": TINY,
        "train": "lora",
        "lora_layers": 2,
        "lora": {"rank": 2, "alpha": 2.0, "dropout": 0.1, "init_std": 0.02},
    }
    torch.manual_seed(0)
    return SpatialEncoder(8, **(settings | changes))


def frames(count: int = 3, size: int = 28) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, size, size), dtype=torch.uint8)


def test_the_published_sizes_and_what_trains():
    with torch.device("meta"):
        full = SpatialEncoder(
            512,
            backbone=DINOV2,
            backbone_args={},
            train="lora",
            lora_layers=3,
            lora={"rank": 4, "alpha": 4.0, "dropout": 0.1, "init_std": 0.02},
        )
    parameters = list(full.parameters())
    assert sum(p.numel() for p in parameters) == 22_328_448
    assert sum(p.numel() for p in parameters if p.requires_grad) == 271_872
    assert full.backbone.pos_embed.shape == (1, 1 + 37 * 37, 384)


def test_lower_layers_leave_no_graph():
    model = encoder().train()
    seen: list[bool] = []
    for block in model.backbone.blocks:
        block.register_forward_hook(lambda module, inputs, output: seen.append(output.requires_grad))
    model(frames()).sum().backward()
    assert seen == [False, False, True, True]
    with_gradient = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert with_gradient == {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def kept_bytes(model: SpatialEncoder, count: int) -> int:
    """What a forward pass keeps for the backward one, beside the weights."""
    own = {value.untyped_storage().data_ptr() for value in model.state_dict().values()}
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model.class_tokens(frames(count))
    return sum(kept.values())


def test_frozen_layers_keep_no_activations():
    deep, shallow = (encoder(backbone_args=TINY | {"depth": depth}).train() for depth in (6, 2))
    assert kept_bytes(deep, 8) == kept_bytes(shallow, 8) > 0
    assert kept_bytes(encoder(train="frozen").train(), 8) == 0


def test_checkpointing_keeps_less_and_changes_no_gradient():
    plain, model = encoder().train(), encoder().train()
    model.prepare_training(checkpoint=True, compiled=False)
    assert kept_bytes(model, 8) < kept_bytes(plain, 8) / 3
    clip = frames()
    for each in (plain, model):
        torch.manual_seed(1)  # of the adapters' dropout
        each(clip).square().sum().backward()
    gradients = [{name: p.grad for name, p in each.named_parameters() if p.requires_grad} for each in (plain, model)]
    torch.testing.assert_close(*gradients, atol=0, rtol=0)


@pytest.mark.slow
def test_compiled_layers_give_the_same():
    model, clip = encoder().eval(), frames()
    before = model(clip)
    model.prepare_training(checkpoint=False, compiled=True)
    torch.testing.assert_close(model(clip), before, atol=1e-5, rtol=1e-5)
    assert list(model.state_dict()) == list(encoder().state_dict())


@pytest.mark.parametrize("wanted", ["checkpoint", "compile"])
def test_what_a_backbone_cannot_is_told(wanted: str):
    model = encoder(backbone="resnet18", backbone_args={}, train="full")
    with pytest.raises(UserError, match=f"{wanted}: only a ViT can, not resnet18"):
        model.prepare_training(checkpoint=wanted == "checkpoint", compiled=wanted == "compile")


@pytest.mark.parametrize(("train", "trains"), [("frozen", False), ("full", True)])
def test_the_backbone_frozen_or_trained(train: str, trains: bool):
    model = encoder(train=train)
    assert {p.requires_grad for n, p in model.backbone.named_parameters() if n != "mask_token"} == {trains}
    assert model.linear.weight.requires_grad
    assert not any(".lora." in key for key in model.state_dict())


def test_a_frozen_resnet_keeps_its_statistics():
    model = encoder(backbone="resnet18", backbone_args={}, train="frozen", lora_layers=0).train()
    before = {key: value.clone() for key, value in model.backbone.state_dict().items()}
    assert model(frames(4, 32)).shape == (4, 8)
    assert all(torch.equal(value, before[key]) for key, value in model.backbone.state_dict().items())
    assert model.norm.num_batches_tracked == 1


def test_bytes_are_normalised_and_floats_are_taken_as_they_are():
    model, raw = encoder().eval(), frames()
    assert torch.equal(model(raw), model(normalised(raw)))
    white = normalised(torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)).flatten()
    torch.testing.assert_close(white, torch.tensor([2.2489, 2.4286, 2.6400]), atol=1e-4, rtol=0)


def test_a_frame_is_the_same_alone_and_in_a_batch():
    model, batch = encoder().eval(), frames(5)
    torch.testing.assert_close(model(batch)[3:4], model(batch[3:4]), atol=1e-5, rtol=0)


def test_a_frame_that_trains_alone_has_the_statistics_of_those_before():
    spatial = encoder(lora={"rank": 2, "alpha": 2.0, "dropout": 0.0, "init_std": 0.02})
    seen, one = frames(6), frames(1)
    spatial.train()(seen)
    before = {name: value.clone() for name, value in spatial.norm.named_buffers()}
    alone = spatial(one)
    alone.sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in spatial.norm.named_buffers())
    torch.testing.assert_close(alone, spatial.eval()(one))


def test_frames_of_another_size_get_an_interpolated_grid():
    model = encoder().eval()
    assert torch.equal(model.positions(torch.empty(1, 3, 28, 28)), model.backbone.pos_embed)
    assert model(frames(2, 70)).shape == (2, 8)
    wide = model.positions(torch.empty(1, 3, 28, 42))
    assert wide.shape == (1, 1 + 2 * 3, 12)
    assert torch.equal(wide[:, :1], model.backbone.pos_embed[:, :1])
    with pytest.raises(UserError, match="30x30 pixels do not divide into the backbone's 14x14 patches"):
        model(frames(1, 30))


def test_the_ways_to_interpolate_differ():
    grid = torch.randn(1, 1 + 37 * 37, 4)
    ways = [resize_grid(grid, (16, 16), how) for how in ("dinov2", "size", "antialias")]
    assert all(way.shape == (1, 257, 4) for way in ways)
    assert (ways[0] - ways[1]).abs().max() > 0.1
    assert (ways[1] - ways[2]).abs().max() > 0.1


def test_published_weights_fill_the_backbone_and_leave_the_adapters():
    model = encoder()
    weights = {k: torch.randn_like(v) for k, v in encoder(train="frozen").backbone.state_dict().items()}
    adapter = model.backbone.blocks[3].attn.qkv.lora.a.clone()
    model.load_backbone(weights)
    assert torch.equal(model.backbone.blocks[3].attn.qkv.weight, weights["blocks.3.attn.qkv.weight"])
    assert torch.equal(model.backbone.mask_token, weights["mask_token"])
    assert torch.equal(model.backbone.blocks[3].attn.qkv.lora.a, adapter)
    assert not model.backbone.blocks[3].attn.qkv.weight.requires_grad
    model.load_backbone({key: value for key, value in weights.items() if key != "mask_token"})


def test_weights_that_do_not_fit_are_told_all_at_once():
    model = encoder()
    weights = {key: value for key, value in encoder(train="frozen").backbone.state_dict().items() if key != "norm.bias"}
    weights |= {"head.weight": torch.zeros(1), "cls_token": torch.zeros(1, 1, 5)}
    with pytest.raises(UserError) as error:
        model.load_backbone(weights)
    for told in ("1 missing weights: norm.bias", "1 unknown weights: head.weight", "cls_token is (1, 1, 5)"):
        assert told in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "vit_smal_patch14_dinov2"}, "did you mean 'vit_small_patch14_dinov2'"),
        ({"backbone": "resnet18", "backbone_args": {}}, "only a ViT takes adapters, not a ResNet; try frozen or full"),
        ({"backbone_args": TINY | {"hands": 2}}, "does not take them"),
        ({"lora_layers": 5}, "lora_layers is 5, but the backbone has 4 layers"),
    ],
)
def test_backbones_that_cannot_be_built(changes: dict[str, Any], message: str):
    with pytest.raises(UserError, match=message):
        encoder(**changes)


def test_a_clip_of_any_length_passes_the_backbone_in_parts() -> None:
    model = encoder().eval()
    seen: list[int] = []
    model.backbone.register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    clip = frames(2 * AT_ONCE + 1)
    with torch.no_grad():
        features = model(clip)
    assert seen == [AT_ONCE, AT_ONCE, 1]
    assert torch.allclose(features, model(clip), atol=1e-5)
