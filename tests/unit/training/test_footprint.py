"""The count of a step's bytes against what torch itself allocates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import collate
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import SignDataset
from sign2gpt.model.language.language_model import LanguageModelSizes
from sign2gpt.model.language.quantised import QUANTISED
from sign2gpt.pipeline import job_of
from sign2gpt.recipe import Recipe, load
from sign2gpt.systems import system_named
from sign2gpt.systems.sign2gpt.model import build_model
from sign2gpt.training.measure.footprint import Footprint, footprint, heaviest
from sign2gpt.training.measure.rehearsal import Load, rehearsal, synthetic_clips
from sign2gpt.training.optim import make_optimizer
from sign2gpt.training.task import Source

SIZES = LanguageModelSizes(vocabulary=3000, width=64, mlp=256, layers=2, heads=4, pad_id=1, end_id=2)
GLOSSES = 400
STAGES = {name: system_named("sign2gpt").stage(name) for name in ("pretrain", "train")}
SMALL = [
    "model.decoder.random_weights=true",
    "model.spatial.weights=null",
    "model.width=64",
    "model.heads=4",
    "model.mlp=128",
    "frames.size=70",
    "model.spatial.backbone_args={embed_dim: 48, depth: 6, num_heads: 3, img_size: 70}",
]
FEATURES = ["train.init=x", "train.freeze=[spatial, sign_encoder]"]


def counted(recipe: Recipe, stage: str, load_: Load) -> Footprint:
    config = recipe.pretrain if stage == "pretrain" else recipe.train
    model = build_model(recipe.model, glosses=GLOSSES, decoder=stage == "train", sizes=SIZES, device="meta")
    return footprint(STAGES[stage], model, job_of(recipe), config, [load_])


def measured(recipe: Recipe, stage: str, load_: Load, device: str) -> int:
    """Bytes at the peak of a second step."""
    config, job = recipe.pretrain if stage == "pretrain" else recipe.train, job_of(recipe)
    model = build_model(recipe.model, glosses=GLOSSES, decoder=stage == "train", sizes=SIZES).to(device)
    clips = synthetic_clips(job, config, load_)
    task = rehearsal(STAGES[stage], job, config, model, clips, load_.ids, Processes())
    task.train()
    optimizer = make_optimizer(model, config)

    def step() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=config.precision == "bf16"):
            batch = collate(clips).to(device)
            loss = task.losses(batch, task.encode(batch)).sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    step()
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        step()
        return torch.cuda.max_memory_allocated()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        step()
    tensors = [*model.parameters(), *model.buffers(), *_states(optimizer)]
    return sum(tensor.nbytes for tensor in tensors) + _peak(recorded)


def _states(optimizer: torch.optim.Optimizer) -> Sequence[torch.Tensor]:
    return [value for state in optimizer.state.values() for value in state.values()]


def _peak(recorded: profile) -> int:
    """The most bytes that the recorded allocations added up to."""
    results: Any = recorded.profiler and recorded.profiler.kineto_results
    events = [event for event in results.events() if event.name() == "[memory]"]
    return max(accumulate(event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())))


@pytest.mark.parametrize(
    ("stage", "overrides"),
    [
        ("pretrain", []),
        ("pretrain", ["pretrain.precision=bf16", "model.spatial.train=full"]),
        ("train", ["train.precision=fp32"]),
        ("train", ["train.precision=bf16"]),
        ("train", ["train.precision=fp32", *FEATURES]),
    ],
)
def test_the_count_is_what_a_step_takes(stage: str, overrides: list[str]) -> None:
    recipe = load(f"phoenix14t_{'pretrain' if stage == 'pretrain' else 'translate'}", [*SMALL, *overrides])
    carried = Load((40, 17, 30), 20)
    found = counted(recipe, stage, carried).total
    assert found == pytest.approx(measured(recipe, stage, carried, "cpu"), rel=0.02)


@pytest.mark.parametrize("bits", QUANTISED)
def test_quantised_weights_are_counted_as_they_are_held(bits: str) -> None:
    pytest.importorskip("torchao", reason="the extra `quantised` is not installed")
    kinds = {kind: [*SMALL, f"train.frozen_precision={kind}"] for kind in ("bf16", bits)}
    rounded, quantised = (
        counted(load("phoenix14t_translate", changes), "train", Load((20,), 10)) for changes in kinds.values()
    )
    values = sum(4 * SIZES.width**2 + 2 * SIZES.width * SIZES.mlp for _ in range(SIZES.layers))
    saved = {"int8": 1.0, "nf4": 1.5}[bits] * values
    assert rounded.weights - quantised.weights == pytest.approx(saved, rel=0.06)
    assert quantised.moments == rounded.moments


@pytest.mark.skipif(not torch.cuda.is_available(), reason="measures a GPU's memory")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_count_is_within_15_percent_of_what_a_gpu_allocates(precision: str) -> None:
    recipe = load("phoenix14t_pretrain", ["model.spatial.weights=null", f"pretrain.precision={precision}"])
    carried = Load((64,) * 8, 0)
    found = counted(recipe, "pretrain", carried).total
    assert found == pytest.approx(measured(recipe, "pretrain", carried, "cuda"), rel=0.15)


@pytest.mark.parametrize("overrides", [[], ["pretrain.frames_a_step=300"]])
def test_the_heaviest_steps_are_found(overrides: list[str]) -> None:
    recipe = load("phoenix14t_pretrain", ["pretrain.epochs=3", "pretrain.batch=4", *overrides])
    job, config = job_of(recipe), recipe.pretrain
    rows = [ClipRow(str(n), "train", Path("x"), "", "", None, 20 + 7 * n % 400) for n in range(50)]
    ids = [n % 13 for n in range(50)]
    found = heaviest(rows, ids, job, config, 1, 2)
    source = Source(
        SignDataset(rows, job.frames, seed=job.seed, train=True),
        Processes(),
        batch=4,
        workers=0,
        shuffle=True,
        frames=config.frames_a_step,
    )
    lengths = source.samples.lengths
    steps = [step for epoch in range(3) for step in source.steps(epoch)]
    assert max(sum(load.frames) for load in found) == max(sum(lengths[clip] for clip in step) for step in steps)
    assert max(load.ids * len(load.frames) for load in found) == max(
        max(ids[clip] for clip in step) * len(step) for step in steps
    )


def test_it_grows_with_frames_and_shrinks_where_parts_are_frozen() -> None:
    recipe = load("phoenix14t_translate", SMALL)
    least = counted(recipe, "train", Load((20,), 10))
    assert counted(recipe, "train", Load((40,), 10)).step > 1.5 * least.step
    frozen = counted(load("phoenix14t_translate", [*SMALL, *FEATURES]), "train", Load((10,), 10))
    assert frozen.step < least.step
    assert frozen.moments < least.moments
    assert frozen.weights == least.weights
