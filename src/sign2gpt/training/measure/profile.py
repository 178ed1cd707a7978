"""Where a step's time and memory go, and how near it comes to what the machine can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file
from sign2gpt.common.processes import Processes
from sign2gpt.model.language.language_model import Sizes
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.job import Job
from sign2gpt.training.measure.live_bytes import LiveBytes, held
from sign2gpt.training.measure.rehearsal import Load, rehearsal, synthetic_clips
from sign2gpt.training.measure.steps import Step
from sign2gpt.training.parallel.frozen import frozen_in
from sign2gpt.training.task import Task

if TYPE_CHECKING:
    from sign2gpt.training.stage import Stage


@dataclass(frozen=True)
class Profile:
    """What was measured of some steps, each figure by part.

    Attributes:
        seconds: medians.
        flops: of one step's matrix products, convolutions and attentions.
        kept: bytes that a part leaves behind when it ends, for the backward pass to use (and to free: then below 0).
        frames: (features under Sign(Z)) a second.
        peak: bytes of weights, the optimiser's moments and the most that a step held beside them: as a GPU counts
            them, else as operators made them.
        product_rate: FLOPs a second of this machine's fastest matrix product.
    """

    seconds: dict[str, float]
    flops: dict[str, int]
    kept: dict[str, int]
    frames: float
    peak: int
    product_rate: float

    def share(self, part: str) -> float:
        """The share of the machine's matrix rate that a part reaches."""
        return self.flops[part] / self.seconds[part] / self.product_rate if self.seconds[part] else 0.0

    @property
    def whole_share(self) -> float:
        """The same of the whole step, input included."""
        return sum(self.flops.values()) / sum(self.seconds.values()) / self.product_rate


def measure(
    task: Task, config: OptimisationConfig, device: torch.device, rate: float, *, steps: int, trace: Path | None = None
) -> Profile:
    """Takes some steps of ``task``: two to warm up, in which FLOPs and bytes are counted, then ``steps`` by the clock.

    Args:
        rate: FLOPs a second of this machine's fastest matrix product.
        trace: a file for one more step as Chrome and Perfetto show it.
    """
    with frozen_in(config.frozen_precision, task.model):
        return _measured(task, config, device, rate, steps, trace)


def _measured(
    task: Task, config: OptimisationConfig, device: torch.device, rate: float, steps: int, trace: Path | None
) -> Profile:
    step = Step(task, config, device)
    with FlopCounterMode(display=False) as counter:
        flops = step(lambda: float(counter.get_total_flops()))
    static = sum(tensor.nbytes for tensor in _held(step))
    with LiveBytes() as live:
        live.ignore(_held(step))
        kept = step(lambda: float(live.now))
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    timed, frames = [], []
    for _ in range(steps):
        timed.append(step())
        frames.append(step.frames / sum(timed[-1].values()))
    if trace is not None:
        _write_trace(step, trace)
    return Profile(
        seconds={part: median(one.get(part, 0.0) for one in timed) for part in step.parts},
        flops={part: int(flops.get(part, 0)) for part in step.parts},
        kept={part: int(kept.get(part, 0)) for part in step.parts},
        frames=median(frames),
        peak=torch.cuda.max_memory_allocated(device) if device.type == "cuda" else static + live.peak,
        product_rate=rate,
    )


def synthetic(
    stage: Stage, job: Job, config: OptimisationConfig, load: Load, language_model: Sizes | None = None
) -> tuple[Task, torch.device]:
    """The stage's task on synthetic clips and texts, and random weights.

    Args:
        language_model: sizes of one that is still to be made [default: read from its folder or name].
    """
    processes = Processes()
    model = stage.synthetic_model(job, language_model)
    model.prepare_training(checkpoint=config.checkpoint, compiled=config.compile)
    clips = synthetic_clips(job, config, load)
    task = rehearsal(stage, job, config, model.to(processes.device), clips, load.ids, processes)
    return task, processes.device


def _held(step: Step) -> list[torch.Tensor]:
    """What is there between two steps: weights, and the optimiser's moments."""
    moments = [value for state in step.optimizer.state.values() for value in state.values()]
    return held([*step.task.model.parameters(), *step.task.model.buffers(), *moments])


def _write_trace(step: Step, path: Path) -> None:
    if path.suffix != ".json":
        raise UserError(f"--trace {path}: Perfetto reads it by its ending; name it {path.stem}.json")
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if step.device.type == "cuda" else [])]
    with profile(activities=activities) as recorded:
        step()
    with atomic_file(path) as partial:
        recorded.export_chrome_trace(str(partial))
