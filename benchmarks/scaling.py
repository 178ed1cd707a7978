"""What does a corpus of so many hours take: steps, FLOPs, GPU hours, memory, bytes on disk?

Usage: python benchmarks/scaling.py [--quick] [--hours 1000] [--rate TFLOPS --share 0.3] [--language-model NAME]

Nothing is measured and no weights are read: FLOPs and bytes are counted on a stage's own step, on tensors that have a
shape and no content. Rates are the reader's: that of bf16 matrix products which a card is sold with, and the share of
it that `sign2gpt profile` finds there.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from measure import circumstances, tell
from models import QUICK, QUICK_SIZES
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.flop_counter import FlopCounterMode

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import collate
from sign2gpt.model.language.language_model import KNOWN, LanguageModelSizes
from sign2gpt.model.runs.run import StageName
from sign2gpt.model.sign_model import SignModel
from sign2gpt.pipeline import job_of, stage_of
from sign2gpt.recipe import Recipe, load
from sign2gpt.training.measure.footprint import footprint
from sign2gpt.training.measure.rehearsal import Load, rehearsal, synthetic_clips

SIZES = KNOWN | {"7B": LanguageModelSizes(256008, 4096, 16384, 32, 32, pad_id=1, end_id=2)}
"""The last is XGLM 7.5B's."""
FROZEN = "train.freeze=[spatial, sign_encoder]"


def shapeless(recipe: Recipe, name: StageName, sizes: LanguageModelSizes) -> SignModel:
    """The model of a stage, without memory."""
    return stage_of(recipe, name).synthetic_model(job_of(recipe), sizes, device="meta")


def without_content(model: SignModel) -> FakeTensorMode:
    """Gives a model on the meta device tensors that operators take for real ones; the mode in which inputs are made."""
    shapes = FakeTensorMode(allow_non_fake_inputs=True)
    with shapes:
        model._apply(lambda tensor: torch.empty_like(tensor, device="cpu"))
    return shapes


def flops_of_step(recipe: Recipe, name: StageName, model: SignModel, carried: Load) -> int:
    """Forward and backward; matrix products, convolutions and attentions."""
    job, config = job_of(recipe), getattr(recipe, name)
    with without_content(model):
        clips = synthetic_clips(job, config, carried)
    task, batch = rehearsal(stage_of(recipe, name), job, config, model, clips, carried.ids, Processes()), collate(clips)
    task.train()
    with FlopCounterMode(display=False) as counter:
        task.losses(batch, task.encode(batch)).sum().backward()
    return counter.get_total_flops()


def flops_of_features(recipe: Recipe, model: SignModel, carried: Load) -> int:
    """What the frozen encoder makes of a clip, once."""
    with without_content(model):
        batch = collate(synthetic_clips(job_of(recipe), recipe.pretrain, carried))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval().encode(batch.frames, batch.lengths)
    return counter.get_total_flops()


def stage_takes(recipe: Recipe, name: StageName, sizes: LanguageModelSizes, frames: int, ids: int) -> dict[str, Any]:
    """What a stage takes: teraFLOPs of a clip, and gigabytes of a step of clips that all have these lengths."""
    config = getattr(recipe, name)
    model, again = (shapeless(recipe, name, sizes) for _ in range(2))
    tokens = -(-frames // model.stride) if config.reads_features else frames
    carried = Load((tokens,) * config.batch, ids)
    counted = flops_of_step(recipe, name, model, carried)
    held = footprint(stage_of(recipe, name), again, job_of(recipe), config, [carried])
    return {
        "teraflops_a_clip": round(counted / config.batch / 1e12, 4),
        "clips_a_step": config.batch,
        "gigabytes": {part: round(size / 1e9, 2) for part, size in asdict(held).items()},
    }


def counted(chosen: argparse.Namespace, frames: int) -> dict[str, dict[str, Any]]:
    """Every stage of the recipe, and the features that the last one reads."""
    sizes = QUICK_SIZES if chosen.quick else SIZES[chosen.language_model]
    changes = ["model.decoder.random_weights=true", *chosen.changes, *(QUICK if chosen.quick else [])]
    recipe = load(chosen.recipe, changes)
    frozen = load(chosen.recipe, [*changes, FROZEN])
    once = flops_of_features(recipe, shapeless(recipe, "pretrain", sizes), Load((frames,), chosen.ids))
    return {
        "pretraining": stage_takes(recipe, "pretrain", sizes, frames, chosen.ids),
        "translation, end to end": stage_takes(recipe, "train", sizes, frames, chosen.ids),
        "features, once": {"teraflops_a_clip": round(once / 1e12, 4)},
        "translation on features": stage_takes(frozen, "train", sizes, frames, chosen.ids),
    }


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--recipe", default="phoenix14t_translate")
    parser.add_argument("--language-model", default="facebook/xglm-1.7B", choices=SIZES)
    parser.add_argument("--set", dest="changes", action="append", default=[], help="change a key of the recipe")
    parser.add_argument("--hours", type=float, default=1000, help="of video in the corpus")
    parser.add_argument("--clip-seconds", type=float, default=6, help="of a clip, on average")
    parser.add_argument("--frame-rate", type=float, default=12.5, help="frames a second that the model sees")
    parser.add_argument("--ids", type=int, default=32, help="of a sentence")
    parser.add_argument("--rate", type=float, default=100, help="TFLOPs a second that the card is sold with, in bf16")
    parser.add_argument("--share", type=float, default=0.3, help="what a step reaches of it: see `sign2gpt profile`")
    parser.add_argument("--output", type=Path, help="also write the result here")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    frames, clips = round(chosen.clip_seconds * chosen.frame_rate), round(chosen.hours * 3600 / chosen.clip_seconds)
    stages = counted(chosen, frames)
    print(f"{clips:,} clips of {frames} frames; {chosen.share:.0%} of {chosen.rate:g} TFLOPs a second")
    for name, stage in stages.items():
        seconds = stage["teraflops_a_clip"] * clips / (chosen.rate * chosen.share)
        stage["gpu_hours_a_pass"] = round(seconds / 3600, 2)
        print(f"{name}: {stage['teraflops_a_clip']:.3f} TFLOPs a clip, {seconds / 3600:.1f} GPU hours a pass")
    result = {
        "benchmark": "scaling",
        "recipe": chosen.recipe,
        "overrides": chosen.changes,
        "language_model": chosen.language_model,
        "clips": clips,
        "frames": frames,
        "ids": chosen.ids,
        "assumed": {"teraflops_per_second": chosen.rate, "share": chosen.share},
        "stages": stages,
        **circumstances(torch.device("cpu")),
    }
    tell(result, chosen.output)


if __name__ == "__main__":
    main()
