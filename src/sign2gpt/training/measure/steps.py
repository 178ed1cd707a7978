"""A step of training with its parts told apart, for whoever measures: seconds, FLOPs or bytes, by the meter given."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.profiler import record_function

from sign2gpt.data.batch import SignBatch
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.measure.rates import synchronise
from sign2gpt.training.optim import clip_gradients, make_optimizer
from sign2gpt.training.task import Task

INPUT, REST, BACKWARD, OPTIMISER = "input", "head and loss", "backward", "optimiser"


class Parts:
    """Puts what a meter counts down to the part of a step that is at work."""

    def __init__(self, meter: Callable[[], float]) -> None:
        self.meter = meter
        self.found: dict[str, float] = {}
        self._work = ExitStack()

    def turn(self, part: str | None) -> None:
        """Ends the part that is at work, and begins ``part``."""
        self._work.close()
        if part is not None:
            self._work.enter_context(self._counted(part))

    @contextmanager
    def _counted(self, part: str) -> Generator[None]:
        start = self.meter()
        with record_function(part):
            yield
            self.found[part] = self.found.get(part, 0.0) + self.meter() - start


class Step:
    """A task's steps on its own batches, epoch after epoch."""

    def __init__(self, task: Task, config: OptimisationConfig, device: torch.device) -> None:
        self.task, self.config, self.device = task, config, device
        self.optimizer = make_optimizer(task.model, config)
        self.batches = self._batches()
        self.frames = 0
        self._parts = Parts(self.clock)
        encoder = task.model.encoder_parts
        self.parts = (INPUT, *(name.replace("_", " ") for name in encoder), REST, BACKWARD, OPTIMISER)
        for name in encoder:
            self._time(name.replace("_", " "), task.model.parts()[name])
        task.train()

    def __call__(self, meter: Callable[[], float] | None = None) -> dict[str, float]:
        """What the meter counts in each part; none: seconds."""
        parts = self._parts = Parts(meter or self.clock)
        parts.turn(INPUT)
        batch = next(self.batches).to(self.device)
        self.frames = int(batch.lengths.sum())
        parts.turn(REST)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bf16"):
            losses = self.task.losses(batch, self.task.encode(batch))
            loss = losses.sum() / self.task.count(batch)
        parts.turn(BACKWARD)
        loss.backward()
        parts.turn(OPTIMISER)
        clip_gradients(self.task.model.parameters(), self.config.clip_value, self.config.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.task.after_step()
        del batch
        parts.turn(None)
        return parts.found

    def clock(self) -> float:
        synchronise(self.device)
        return time.perf_counter()

    def _batches(self) -> Iterator[SignBatch]:
        epoch = 0
        while True:
            yield from self.task.source.batches(epoch)
            epoch += 1

    def _time(self, part: str, module: nn.Module) -> None:
        module.register_forward_pre_hook(lambda *_: self._parts.turn(part))
        module.register_forward_hook(lambda *_: self._parts.turn(REST))
