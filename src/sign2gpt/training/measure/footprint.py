"""How much memory a training needs, counted on its own step before anything is read or computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from sign2gpt.common.processes import Processes
from sign2gpt.common.seeds import draw
from sign2gpt.data.batch import collate
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.order import share, steps_of
from sign2gpt.model.sign_model import SignModel
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.job import Job
from sign2gpt.training.measure.live_bytes import LiveBytes, held
from sign2gpt.training.measure.rehearsal import Load, rehearsal, synthetic_clips
from sign2gpt.training.optim import trainable
from sign2gpt.training.parallel.frozen import frozen_in
from sign2gpt.video.sampling import most_frames

if TYPE_CHECKING:
    from sign2gpt.training.stage import Stage

EPOCHS = 10
"""In as many epochs the heaviest step is looked for: later ones are hardly heavier."""
MOMENTS = 2
"""What AdamW keeps beside a trained weight."""


@dataclass(frozen=True)
class Footprint:
    """Bytes of a training: weights, the optimiser's moments, and the most that a step holds beside them."""

    weights: int
    moments: int
    step: int

    @property
    def total(self) -> int:
        return self.weights + self.moments + self.step


def footprint(stage: Stage, model: SignModel, job: Job, config: OptimisationConfig, loads: Iterable[Load]) -> Footprint:
    """Counts the bytes of one process in the largest of some steps: the stage's own, on tensors without content.

    Not counted are what an operator needs within itself, and what a GPU's libraries take before the first step.

    Args:
        model: on the meta device; it is of no use afterwards.
    """
    shapes = FakeTensorMode(allow_non_fake_inputs=True)
    model.prepare_training(checkpoint=config.checkpoint, compiled=False)
    with ExitStack() as frozen:
        with shapes:
            model._apply(lambda tensor: torch.empty_like(tensor, device="cpu"))
            frozen.enter_context(frozen_in(config.frozen_precision, model))
        weights = held([*model.parameters(), *model.buffers()])
        step = max(_step(stage, model, job, config, load, shapes, weights) for load in loads)
        moved = sum(parameter.nbytes for _, parameter in trainable(model))
        return Footprint(sum(tensor.nbytes for tensor in weights), MOMENTS * moved, step)


def _step(
    stage: Stage,
    model: SignModel,
    job: Job,
    config: OptimisationConfig,
    load: Load,
    shapes: FakeTensorMode,
    weights: list[torch.Tensor],
) -> int:
    """The most bytes that a step makes, gradients among them."""
    with shapes:
        clips = synthetic_clips(job, config, load)
    task = rehearsal(stage, job, config, model, clips, load.ids, Processes())
    task.train()
    model.zero_grad(set_to_none=True)
    with LiveBytes() as live:
        live.ignore(weights)
        batch = collate(clips)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
            loss = task.losses(batch, task.encode(batch)).sum()
        loss.backward()
    return live.peak


def heaviest(
    rows: Sequence[ClipRow], ids: Sequence[int], job: Job, config: OptimisationConfig, world: int, stride: int
) -> set[Load]:
    """What a process carries in the step with the most frames and in that with the most ids, of the first epochs.

    Args:
        rows: the clips that are trained on.
        ids: of each clip's text.
        world: processes that share a step.
        stride: frames that a feature stands for.
    """
    lengths = [_length(row.num_frames, job, config, stride) for row in rows]
    batch, budget = config.batch * world, config.frames_a_step
    loads = {
        Load(tuple(lengths[clip] for clip in mine), max(ids[clip] for clip in mine))
        for epoch in range(min(config.epochs, EPOCHS))
        for step in steps_of(lengths, batch, budget, draw(job.seed, "order", epoch))
        for mine in [share(step, 0, world)]
    }
    return {max(loads, key=lambda load: sum(load.frames)), max(loads, key=lambda load: load.ids * len(load.frames))}


def _length(frames: int, job: Job, config: OptimisationConfig, stride: int) -> int:
    """What the model sees of a clip: frames, or the features of all of it."""
    if not config.reads_features:
        return most_frames(frames, job.frames)
    seen = -(-frames // job.frames.stride)
    return -(-seen // stride)
