"""Runs both stages of a recipe: one of the processes of a run, or all of it.

``RECIPE FOLDER [RANK STEP]``: the gradient of each stage's first step and the translations of dev go to FOLDER; the
process of RANK is killed (kill -9) before the optimiser's STEP. How many bytes of the frozen matrices a process holds
while it trains goes there, too.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.optim.optimizer import register_optimizer_step_pre_hook

from sign2gpt.common.files import write_json
from sign2gpt.common.processes import Processes
from sign2gpt.pipeline import job_of, run_recipe
from sign2gpt.recipe import load
from sign2gpt.systems import system_named
from sign2gpt.systems.sign2gpt.translation import TranslateTask
from sign2gpt.training.measure.live_bytes import held
from sign2gpt.training.parallel.sharded import ShardedWeights
from sign2gpt.training.stage import StageContext

torch.set_num_threads(1)
recipe, folder = load(sys.argv[1]), Path(sys.argv[2])
rank, killed_at = map(int, sys.argv[3:5] or (0, 0))
processes, steps = Processes(), 0


def watch(optimizer: torch.optim.Optimizer, *_: object) -> None:
    global steps
    steps += 1
    if steps == killed_at and rank == processes.rank:
        os.kill(os.getpid(), signal.SIGKILL)
    gradients = folder / ("train" if (folder / "pretrain.safetensors").exists() else "pretrain")
    if processes.main and not optimizer.state:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        given = {str(place): weight.grad for place, weight in enumerate(weights) if weight.grad is not None}
        save_file(given, gradients.with_suffix(".safetensors"))


register_optimizer_step_pre_hook(watch)
folder.mkdir(exist_ok=True)
run_recipe(recipe, "pretrain")
run = run_recipe(recipe, "train")
again = recipe.train.model_copy(update={"init": str(run), "output": str(folder / "unused")})
stage = system_named(recipe.model.system).stage("train")
task = stage.task(StageContext(stage, job_of(recipe), again))
assert isinstance(task, TranslateTask)
task.model.eval()
with torch.no_grad():
    written, _ = task.translations()
shards = ShardedWeights(task.model, processes, wanted=again.shard)
before = [layer.weight.clone() for layer in shards.layers]
with shards.scattered():
    held_bytes = sum(part.nbytes for layer in shards.layers for part in held([layer.weight, *layer.buffers()]))
assert all(torch.equal(layer.weight, matrix) for layer, matrix in zip(shards.layers, before, strict=True))
every = processes.gather([(held_bytes, sum(matrix.nbytes for matrix in before))])
if processes.main:
    write_json(folder / "written.json", sorted(one[:2] for one in written))
    write_json(folder / "held.json", every)
processes.wait()
