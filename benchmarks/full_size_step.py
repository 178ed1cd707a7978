"""How long does one training step of the full PHOENIX14T recipe take here, and how much memory?

Usage: python benchmarks/full_size_step.py [--quick] [--language-model facebook/xglm-1.7B] [--output FILE]

DINOv2 ViT-S/14 and an XGLM at their full sizes with random weights, one clip of 64 frames and a sentence of 64 ids.
The floor is what nobody can avoid: the step's FLOPs at the rate of a matrix product, or its bytes at the rate of a
large copy, whichever takes longer, both rates the best seen in this run, and so is the step that is compared with it.
On a CPU all three are processor seconds, which other programs on the machine lengthen less than the clock's. Bytes are
the weights, read once forward and once backward, and for each trained value its gradient (written, read) and AdamW's
weight and two moments (read, written).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shlex
import sys
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import torch
from measure import tell
from models import full_size
from torch.utils.flop_counter import FlopCounterMode

from sign2gpt.common.processes import Processes
from sign2gpt.model.language.language_model import KNOWN
from sign2gpt.model.sign_model import parameter_table
from sign2gpt.pipeline import job_of, stage_of
from sign2gpt.training.measure.rates import copy_rate, product_rate
from sign2gpt.training.measure.rehearsal import Load, rehearsal, synthetic_clips
from sign2gpt.training.measure.steps import Step
from sign2gpt.training.optim import trainable

OPTIMISER_TRAFFIC = 8
"""Values moved for a trained one: gradient twice, weight and two moments twice each."""


def measured(step: Step) -> dict[str, float]:
    """Seconds of each part of a step, and processor seconds of the whole."""
    start = time.process_time()
    parts = step()
    return parts | {"processor": time.process_time() - start}


def flops(step: Step) -> int:
    with FlopCounterMode(display=False) as counted:
        step()
    return counted.get_total_flops()


def peak_gigabytes(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--recipe", default="phoenix14t_translate")
    parser.add_argument("--language-model", default="facebook/xglm-564M", choices=KNOWN)
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--frames", type=int, default=64)
    parser.add_argument("--ids", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, help="also write the result here")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    device = torch.device(chosen.device)
    recipe, overrides, model = full_size(chosen.recipe, chosen.language_model, chosen.precision, quick=chosen.quick)
    job, model = job_of(recipe), model.to(device)
    clips = synthetic_clips(job, recipe.train, Load((chosen.frames,), chosen.ids))
    task = rehearsal(stage_of(recipe, "train"), job, recipe.train, model, clips, chosen.ids, Processes())
    step = Step(task, recipe.train, device)
    counted = flops(step)  # warms up, too
    steps = [measured(step) for _ in range(chosen.repeats)]
    totals = [sum(one[part] for part in step.parts) for one in steps]
    threads = torch.get_num_threads()
    processor = min(one["processor"] for one in steps)
    busy = processor / threads if device.type == "cpu" else min(totals)
    peak = peak_gigabytes(device)
    table = parameter_table(model)
    moved = sum(parameter.numel() for _, parameter in trainable(model))
    traffic = 4 * (2 * table["total"]["total"] + OPTIMISER_TRAFFIC * moved)
    flop_rate = product_rate(device, chosen.precision)
    byte_rate = copy_rate(device, 16 if chosen.quick else 512)
    floor = max(counted / flop_rate, traffic / byte_rate)
    result = {
        "benchmark": "full_size_step",
        "command": shlex.join(["python", *sys.argv]),
        "recipe": recipe.name,
        "overrides": overrides,
        "parameters": table,
        "frames": chosen.frames,
        "ids": chosen.ids,
        "seconds": round(median(totals), 3),
        "spread": round(max(totals) / min(totals), 2),
        "processor_seconds": round(processor, 3),
        "parts_seconds": {part: round(median(one[part] for one in steps), 3) for part in step.parts},
        "peak_gigabytes": round(peak, 2),
        "gigaflops": round(counted / 1e9, 1),
        "gigabytes_moved_at_least": round(traffic / 1e9, 2),
        "gigaflops_per_second_of_a_product": round(flop_rate / 1e9, 1),
        "gigabytes_per_second_of_a_copy": round(byte_rate / 1e9, 1),
        "floor_seconds": round(floor, 3),
        "times_the_floor": round(busy / floor, 2),
        "threads": threads,
        "load_average": round(os.getloadavg()[0], 1),  # over the threads: others were at work, too
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "timm": version("timm"),
    }
    tell(result, chosen.output)


if __name__ == "__main__":
    main()
