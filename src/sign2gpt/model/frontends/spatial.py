"""A frame becomes a token (MODEL.md 2): a timm backbone, adapted, frozen or trained, then linear and BatchNorm.

Shapes: N frames of all clips, E width of the backbone, C width of the sign encoder.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from sign2gpt.common.errors import UserError, nearest
from sign2gpt.model.config import Interpolation, Training
from sign2gpt.model.frontends.backbones import OWN
from sign2gpt.model.lora import add_lora
from sign2gpt.model.weights import load_exactly

ADAPTED = ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
AT_ONCE = 256
"""Frames that pass the backbone together where nothing trains: a clip may be minutes long, memory is not."""
GRID_OFFSET = 0.1  # DINOv2 adds it to the wanted side before dividing by the stored one


def resize_grid(grid: Tensor, size: tuple[int, int], how: Interpolation, prefix: int = 1) -> Tensor:
    """Brings a square position grid (1, prefix + side^2, E) to (1, prefix + height * width, E)."""
    first, patches = grid[:, :prefix].float(), grid[:, prefix:].float()
    side = round(patches.shape[1] ** 0.5)
    if size == (side, side):
        return grid
    patches = patches.unflatten(1, (side, side)).permute(0, 3, 1, 2)
    if how == "dinov2":
        factors = [(wanted + GRID_OFFSET) / side for wanted in size]
        patches = F.interpolate(patches, scale_factor=factors, mode="bicubic")
    else:
        patches = F.interpolate(patches, size=size, mode="bicubic", antialias=how == "antialias")
    assert patches.shape[-2:] == size
    return torch.cat([first, patches.flatten(2).transpose(1, 2)], dim=1)


def create_backbone(name: str, *, pretrained: bool = False, **arguments: Any) -> nn.Module:
    """One of ours, or a timm model without its classifier; a DINOv2 gets the published checkpoint's unused mask token.

    Raises:
        UserError: there is no such model, it knows no such argument, or its weights cannot be fetched.
    """
    if name in OWN and pretrained:
        raise UserError(f"model.spatial.weights: {name} has no published weights, `timm` cannot fetch any")
    make = OWN[name] if name in OWN else _of_timm(name, pretrained)
    try:
        backbone: Any = make(**arguments)
    except (ArithmeticError, AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"model.spatial.backbone_args: {name} does not take them ({why[:200]})") from None
    except OSError as error:
        raise UserError(
            f"the weights of {name} cannot be fetched ({error}); give model.spatial.weights a file"
        ) from None
    if "dinov2" in name:
        backbone.mask_token = nn.Parameter(torch.zeros(1, backbone.num_features), requires_grad=False)
    return backbone


def _of_timm(name: str, pretrained: bool) -> Callable[..., nn.Module]:
    import timm  # three times as long to import as all else that a translation needs beside torch

    if not timm.is_model(name):
        known = [*timm.list_models(), *OWN]
        raise UserError(f"model.spatial.backbone {name}: there is no such model{nearest(name, known)}")
    return partial(timm.create_model, name, pretrained=pretrained, num_classes=0)


def is_vit(backbone: nn.Module) -> bool:
    """Whether it is a ViT of timm's."""
    if isinstance(backbone, tuple(OWN.values())):
        return False
    from timm.models.vision_transformer import VisionTransformer

    return isinstance(backbone, VisionTransformer)


class FrameNorm(nn.BatchNorm1d):
    """BatchNorm over frames; a single one has no spread, so it takes the running statistics."""

    def forward(self, input: Tensor) -> Tensor:
        if self.training and len(input) == 1:
            return F.batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        return super().forward(input)


class SpatialEncoder(nn.Module):
    """Frames to features; BatchNorm sees real frames alone, since clips are packed.

    Args:
        backbone: any timm ViT or ResNet by name, made with ``backbone_args``. A ViT's position grid is that of its own
            image size (518 for DINOv2) unless they give an ``img_size``.
        pretrained: start from timm's hub weights.
        train: "lora" (frozen, adapters on the top ``lora_layers``), "frozen" or "full".
        lora: rank, alpha, dropout and init_std of the adapters.
        position_interpolation: how a position grid of another size is brought to the frames'.

    Raises:
        UserError: the backbone is unknown, or has no blocks to put adapters on.
    """

    def __init__(
        self,
        width: int,
        *,
        backbone: str,
        backbone_args: dict[str, Any],
        train: Training,
        lora_layers: int,
        lora: dict[str, Any],
        position_interpolation: Interpolation = "dinov2",
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        self.name = backbone
        self.backbone: Any = create_backbone(backbone, pretrained=pretrained, **backbone_args)
        self.how = train
        self.interpolation: Interpolation = position_interpolation
        if is_vit(self.backbone):
            self.backbone.patch_embed.strict_img_size = False
        if train != "full":
            self.backbone.requires_grad_(False)
        if train == "lora":
            self._adapt(lora_layers, lora)
        self.linear = nn.Linear(int(self.backbone.num_features), width)
        self.norm = FrameNorm(width)

    def _adapt(self, layers: int, lora: dict[str, Any]) -> None:
        if not is_vit(self.backbone):
            name = type(self.backbone).__name__
            raise UserError(f"model.spatial.train: only a ViT takes adapters, not a {name}; try frozen or full")
        depth = len(self.backbone.blocks)
        if layers > depth:
            raise UserError(f"model.spatial.lora_layers is {layers}, but the backbone has {depth} layers")
        for block in self.backbone.blocks[depth - layers :]:
            add_lora(block, ADAPTED, **lora)

    def forward(self, frames: Tensor) -> Tensor:
        """uint8 (N, 3, H, W), or float already normalised -> (N, C)."""
        if self.training or torch.is_grad_enabled():
            tokens = self.class_tokens(frames)
        else:
            tokens = torch.cat([self.class_tokens(part) for part in frames.split(AT_ONCE)])
        return self.norm(self.linear(tokens))

    def class_tokens(self, frames: Tensor) -> Tensor:
        """What the backbone makes of each frame: (N, 3, H, W) -> (N, E)."""
        frames = normalised(frames) if frames.dtype == torch.uint8 else frames
        if not is_vit(self.backbone) or self.backbone.pos_embed is None:
            return self.backbone(frames)
        return functional_call(self.backbone, {"pos_embed": self.positions(frames)}, (frames,))

    def positions(self, frames: Tensor) -> Tensor:
        """A ViT's position grid, class row first, in the size of these frames: (1, 1 + patches, E)."""
        vit: Any = self.backbone
        (high, wide), (down, across) = frames.shape[-2:], vit.patch_embed.patch_size
        if high % down or wide % across:
            raise UserError(f"frames of {wide}x{high} pixels do not divide into the backbone's {across}x{down} patches")
        prefix = 0 if vit.no_embed_class else vit.num_prefix_tokens
        return resize_grid(vit.pos_embed, (high // down, wide // across), self.interpolation, prefix)

    def load_backbone(self, weights: dict[str, Tensor]) -> None:
        """Loads published weights, DINOv2's or any in timm's names; adapters stay as they are.

        Raises:
            UserError: a key is missing, unknown or of another shape; all of them in one error.
        """

        def optional(key: str) -> bool:
            return key == "mask_token" or ".lora." in key

        load_exactly(self.backbone, weights, f"weights of {self.name}", optional=optional)

    def prepare_training(self, *, checkpoint: bool, compiled: bool) -> None:
        """Makes training take less memory or time; what it computes stays the same.

        Args:
            checkpoint: layers that train keep their input alone and are computed again in the backward pass.
            compiled: each layer runs as torch.compile makes it; they share one program, which draws another dropout.

        Raises:
            UserError: the backbone is no ViT.
        """
        if (checkpoint or compiled) and not is_vit(self.backbone):
            key = "checkpoint" if checkpoint else "compile"
            raise UserError(f"{key}: only a ViT can, not {self.name}; leave it false")
        if checkpoint:
            self.backbone.set_grad_checkpointing()
        if compiled:
            for block in self.backbone.blocks:
                block.compile()

    def train(self, mode: bool = True) -> SpatialEncoder:
        """A frozen part stays in evaluation mode: its statistics and dropout do not move."""
        super().train(mode)
        if self.how == "frozen":
            self.backbone.eval()
        return self


def normalised(frames: Tensor) -> Tensor:
    """uint8 (N, 3, H, W) -> float with ImageNet's mean and standard deviation: one copy, changed in place."""
    mean, std = (torch.tensor(values, device=frames.device).view(3, 1, 1) for values in (MEAN, STD))
    return frames.float().mul_(1 / (255 * std)).sub_(mean / std)
