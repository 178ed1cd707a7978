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
import json
import os
import platform
import resource
import shlex
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median

import torch
from measure import synchronise
from models import full_size
from torch.utils.flop_counter import FlopCounterMode

from sign2gpt.common.files import write_json
from sign2gpt.model.build import parameter_table
from sign2gpt.model.language_model import KNOWN
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.recipe import Recipe
from sign2gpt.training.losses import sentence_loss
from sign2gpt.training.optim import clip_gradients, make_optimizer, trainable

PARTS = ("backbone", "sign encoder", "decoder", "backward", "optimiser")
SIDES = (256, 512, 1024, 2048, 4096)
OPTIMISER_TRAFFIC = 8
"""Values moved for a trained one: gradient twice, weight and two moments twice each."""


class Step:
    """One training step, with a stopwatch on each part."""

    def __init__(self, model: Sign2GPT, recipe: Recipe, frames: int, ids: int, device: torch.device) -> None:
        self.model, self.recipe, self.device = model, recipe, device
        assert model.decoder is not None
        self.decoder = model.decoder
        self.optimizer = make_optimizer(model, recipe.train)
        size = recipe.frames.size
        self.frames = torch.randint(256, (frames, 3, size, size), dtype=torch.uint8, device=device)
        self.lengths = torch.tensor([frames])
        self.labels = torch.randint(self.decoder.sizes.vocabulary, (1, ids))
        self.ids = self.labels.to(device)
        self.seconds: dict[str, float] = {}

    def __call__(self) -> dict[str, float]:
        """Seconds of each part."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.train.precision == "bf16"):
            with self._timed("backbone"):
                features = self.model.spatial(self.frames)
            with self._timed("sign encoder"):
                z, lengths = self.model.sign_encoder(features, self.lengths)
            with self._timed("decoder"):
                hidden = self.decoder.hidden(self.ids, self.decoder.remember(z, lengths))
                smoothing = self.recipe.train.label_smoothing
                loss = sentence_loss(self.decoder.predict, hidden, self.labels, smoothing, new_tokens=None).mean()
        with self._timed("backward"):
            loss.backward()
        with self._timed("optimiser"):
            clip_gradients(self.model.parameters(), self.recipe.train.clip_value, self.recipe.train.clip_norm)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return self.seconds

    @contextmanager
    def _timed(self, part: str) -> Generator[None]:
        start = time.perf_counter()
        yield
        synchronise(self.device)
        self.seconds[part] = time.perf_counter() - start


def measured(step: Step) -> dict[str, float]:
    """Seconds of each part of a step, and processor seconds of the whole."""
    start = time.process_time()
    parts = dict(step())
    return parts | {"processor": time.process_time() - start}


def flops(step: Step) -> int:
    with FlopCounterMode(display=False) as counted:
        step()
    return counted.get_total_flops()


def fastest(work: Callable[[], object], device: torch.device, repeats: int = 20) -> float:
    """Seconds of the fastest of some runs, processor seconds on a CPU: what a floor is made of."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    found: list[float] = []
    for _ in range(repeats + 1):
        synchronise(device)
        start = clock()
        work()
        synchronise(device)
        found.append(clock() - start)
    return min(found[1:]) / (torch.get_num_threads() if device.type == "cpu" else 1)


def product_rate(device: torch.device, precision: str, side: int) -> float:
    """FLOPs a second of a square matrix product."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
    return 2 * side**3 / fastest(lambda: a @ b, device)


def copy_rate(device: torch.device, megabytes: int) -> float:
    """Bytes a second of a large copy, read and written."""
    source = torch.ones(megabytes << 18, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / fastest(lambda: target.copy_(source), device)


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
    model.to(device).train()
    step = Step(model, recipe, chosen.frames, chosen.ids, device)
    counted = flops(step)  # warms up, too
    steps = [measured(step) for _ in range(chosen.repeats)]
    totals = [sum(one[part] for part in PARTS) for one in steps]
    threads = torch.get_num_threads()
    processor = min(one["processor"] for one in steps)
    busy = processor / threads if device.type == "cpu" else min(totals)
    peak = peak_gigabytes(device)
    table = parameter_table(model)
    moved = sum(parameter.numel() for _, parameter in trainable(model))
    traffic = 4 * (2 * table["total"]["total"] + OPTIMISER_TRAFFIC * moved)
    sides = (256,) if chosen.quick else SIDES
    flop_rate = max(product_rate(device, chosen.precision, side) for side in sides)
    byte_rate = copy_rate(device, megabytes=16 if chosen.quick else 512)
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
        "parts_seconds": {part: round(median(one[part] for one in steps), 3) for part in PARTS},
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
    if chosen.output is not None:
        write_json(chosen.output, result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
