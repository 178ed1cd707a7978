"""How much memory a training will need, roughly: told before it starts, not after an hour."""

from __future__ import annotations

from torch import nn

from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.job import Job
from sign2gpt.training.optim import trainable

STATES = 3
"""Copies beside a trained weight: its gradient and AdamW's two moments."""
STORED = 16
"""Values of its width that a transformer layer keeps of a token for the backward pass."""


def estimate_memory(model: nn.Module, job: Job, config: OptimisationConfig, frames: float, ids: int) -> int:
    """Bytes of weights, optimiser and activations of one process; right to within a factor of two.

    Args:
        model: may be on the meta device.
        frames: frames of a clip as the model sees it, on average.
        ids: ids of a long text; 0 where there is no decoder.
    """
    weights = sum(parameter.numel() for parameter in model.parameters())
    moved = sum(parameter.numel() for _, parameter in trainable(model))
    width = 2 if config.precision == "bf16" else 4
    activations = config.batch * (frames * _frame_values(model, job) + ids * _id_values(model))
    return 4 * (weights + STATES * moved) + int(width * activations)


def _frame_values(model: nn.Module, job: Job) -> float:
    """Values kept for the backward pass of a frame: adapters keep their layers, frozen layers nothing."""
    backbone = model.get_submodule("spatial.backbone")
    depth = len(getattr(backbone, "blocks", ())) or 1
    layers = {"full": depth, "lora": min(job.model.spatial.lora_layers, depth), "frozen": 0}[job.model.spatial.train]
    patch = getattr(getattr(backbone, "patch_embed", None), "patch_size", (16, 16))[0]
    tokens = (job.frames.size // patch) ** 2 + 1
    wide = int(getattr(backbone, "num_features", job.model.width))
    return STORED * (tokens * wide * layers + job.model.width * sum(job.model.layers))


def _id_values(model: nn.Module) -> float:
    """Values kept for the backward pass of an id: the layers' and three copies of the logits."""
    decoder = getattr(model, "decoder", None)
    if decoder is None:
        return 0.0
    return STORED * decoder.sizes.width * decoder.sizes.layers + 3 * decoder.sizes.vocabulary
