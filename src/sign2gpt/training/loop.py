"""The loop of every training: steps, evaluations, checkpoints; killed at any moment it goes on with the same bits."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch

from sign2gpt.common.errors import UserError
from sign2gpt.common.processes import Processes
from sign2gpt.common.progress import Bar, bar, say
from sign2gpt.common.seeds import derive
from sign2gpt.data.batch import SignBatch
from sign2gpt.training.checkpoint import load_best, load_last, recover, save_best, save_last
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.loggers import Log
from sign2gpt.training.optim import clip_gradients, make_optimizer, rate_share, set_rates, trainable
from sign2gpt.training.parallel.batch_norm import set_counted
from sign2gpt.training.parallel.frozen import frozen_in
from sign2gpt.training.parallel.sharded import ShardedWeights
from sign2gpt.training.task import Task

T = TypeVar("T")


class Loop:
    """Trains a task's model in a run folder.

    Args:
        folder: where checkpoints and log are kept.
        seed: of the dropout of every step; the order and the frames of clips are the source's affair.
    """

    def __init__(self, task: Task, config: OptimisationConfig, folder: Path, seed: int, processes: Processes) -> None:
        self.task, self.config, self.folder, self.seed = task, config, folder, seed
        self.processes, self.device = processes, processes.device
        self.parameters = [parameter for _, parameter in trainable(task.model)]
        self.optimizer = make_optimizer(task.model, config)
        self.shards = ShardedWeights(task.model, processes, wanted=config.shard)
        processes.first(lambda: recover(folder))
        self.progress = load_last(folder, task.model, self.optimizer)
        self.log = Log(folder, self.progress.log_bytes, self.progress.step) if processes.main else None
        self.steps_an_epoch = math.ceil(len(task.source) / config.accumulate)
        self.saved, self.saved_at = self.progress.step, time.monotonic()
        self.clock = time.perf_counter()

    def run(self, title: str) -> dict[str, float]:
        """Trains to the last epoch; the model ends as the best epoch on dev had it, or as the last one where asked.

        Returns:
            The figures on dev of the epoch that was kept.
        """
        steps = self.steps_an_epoch * self.config.epochs
        frozen = frozen_in(self.config.frozen_precision, self.task.model)
        progress = bar(title, steps, shown=self.processes.main)
        with frozen, self.shards.scattered(), deterministic(), self._report_when_stopped(), progress as shown:
            shown.advance(self.progress.step)
            while self.progress.epoch < self.config.epochs:
                self.epoch(shown)
                self.progress.epoch += 1
                self.progress.batches = 0
                if self.progress.epoch % self.config.evaluate_epochs == 0 or self.progress.epoch == self.config.epochs:
                    self.evaluate()
                self.save()
        if self.config.keep_best:
            load_best(self.folder, self.task.model)
        if self.log is not None:
            self.log.close()
        return self.progress.best_figures if self.config.keep_best else self.progress.figures

    def epoch(self, shown: Bar) -> None:
        """The steps of an epoch that are not done yet."""
        self.task.train()
        self.clock = time.perf_counter()
        batches = self.task.source.batches(self.progress.epoch, self.progress.batches)
        for group in groups(batches, self.config.accumulate):
            shown.advance(note=self.step(group))
            self.progress.step += 1
            self.progress.batches += len(group)
            if time.monotonic() - self.saved_at >= 60 * self.config.save_minutes:
                self.save()

    def step(self, group: list[SignBatch]) -> str:
        """One step of the optimiser on the batches of ``group``, which all processes share; returns what to show.

        The loss is divided by the count of items in all of them, so that the gradient does not depend on how clips
        are dealt out to processes and batches.

        Raises:
            UserError: the loss is not finite, or a gradient no number; weights and checkpoints stay as they were.
        """
        share = rate_share(self.config, self.progress.step, self.steps_an_epoch, self.progress.plateaus)
        set_rates(self.optimizer, self.config.rate * share)
        totals = self.processes.sum(self._counts(group))
        losses = [self._backward(batch, index, totals[0]) for index, batch in enumerate(group)]
        self._share_gradients()
        norm = clip_gradients(self.parameters, self.config.clip_value, self.config.clip_norm)
        loss = self.processes.sum(torch.stack([clips.sum() for clips in losses]).sum())
        figures = torch.stack([loss.double() / totals[0], norm.double(), *totals[1:]]).tolist()
        if not (math.isfinite(figures[0]) and math.isfinite(figures[1])):
            self._stop(group, losses)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.task.after_step()
        return self._record(figures, share)

    def evaluate(self) -> None:
        """Measures on dev, and keeps the weights when they are the best so far."""
        self.task.model.eval()
        with self.shards.gathered(), self._autocast(), torch.no_grad():
            figures = self.task.evaluate()
        self.progress.figures = figures
        if self.log is not None:
            shown = figures | self.task.log()
            self.log.write("evaluation", self.progress.step, epoch=self.progress.epoch, split="dev", **shown)
        best = self.progress.best_figures.get(self.task.chooses, -math.inf)
        better = figures[self.task.chooses] > best
        self._count_plateaus(better)
        if better:
            self.progress.best_figures = {"epoch": self.progress.epoch, **figures}
            if self.processes.main:
                save_best(self.folder, self.task.model, self.progress)

    def _count_plateaus(self, better: bool) -> None:
        """A plateau is more than the recipe's ``patience`` evaluations in a row of which none was the best so far."""
        self.progress.stale = 0 if better else self.progress.stale + 1
        if self.progress.stale > self.config.patience:
            self.progress.plateaus += 1
            self.progress.stale = 0

    def save(self) -> None:
        """Keeps a checkpoint that a killed training goes on from."""
        if self.log is not None:
            self.progress.log_bytes = self.log.length
            save_last(self.folder, self.task.model, self.optimizer, self.progress)
        self.saved, self.saved_at = self.progress.step, time.monotonic()

    def _counts(self, group: list[SignBatch]) -> torch.Tensor:
        """Items, clips and frames (or tokens) of a group; of clips that another process has, none."""
        counts = [
            (0, 0, 0) if batch.again else (self.task.count(batch), len(batch.ids), int(batch.lengths.sum()))
            for batch in group
        ]
        return torch.tensor(counts, dtype=torch.float64).sum(0).to(self.device)

    def _backward(self, batch: SignBatch, index: int, items: torch.Tensor) -> torch.Tensor:
        # dropout depends on the step alone, so a resumed run draws what the killed one would have drawn
        torch.manual_seed(derive(self.seed, "step", self.progress.step, index, self.processes.rank))
        set_counted(self.task.model, not batch.again)
        with self._autocast():
            batch = batch.to(self.device)
            losses = self.task.losses(batch, self.task.encode(batch)) * (not batch.again)
        (losses.sum() / items.to(losses.dtype)).backward()
        return losses.detach()

    def _share_gradients(self) -> None:
        if self.processes.world == 1:
            return
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        flat = self.processes.sum(torch.cat([gradient.flatten() for gradient in gradients]))
        sizes = [gradient.numel() for gradient in gradients]
        for parameter, part in zip(self.parameters, flat.split(sizes), strict=True):
            parameter.grad = part.view_as(parameter)

    def _stop(self, group: list[SignBatch], losses: list[torch.Tensor]) -> None:
        pairs = [
            pair for batch, clips in zip(group, losses, strict=True) for pair in zip(batch.ids, clips, strict=True)
        ]
        bad = [name for name, loss in pairs if not torch.isfinite(loss)]
        found = self.processes.gather(bad)
        where = f"on clips {', '.join(found[:20])}" if found else "in its gradient"
        raise UserError(
            f"{self.folder}: the loss of step {self.progress.step} (epoch {self.progress.epoch + 1}) is not finite, "
            f"{where}; the last checkpoint stays as it was. Look at these clips, or lower the rate, or use fp32"
        )

    @contextmanager
    def _report_when_stopped(self) -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt:
            if self.processes.main:
                say(
                    f"Stopped at step {self.progress.step}, last checkpoint at step {self.saved}. "
                    "Run the same command to resume."
                )
            raise

    def _record(self, figures: list[float], share: float) -> str:
        loss, norm, clips, frames = figures
        seconds, self.clock = time.perf_counter() - self.clock, time.perf_counter()
        if self.log is not None:
            self.log.write(
                "step",
                self.progress.step,
                epoch=self.progress.epoch,
                loss=loss,
                norm=norm,
                rate=self.config.rate * share,
                clips=int(clips),
                frames=int(frames),
                seconds=round(seconds, 4),
            )
        return f"loss {loss:.3f}  {frames / seconds:.0f} frames/s"

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "bf16")


def groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of ``size`` items; the last may be shorter."""
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group


@contextmanager
def deterministic() -> Iterator[None]:
    """The same bits at each run, where the device's kernels offer it; fresh memory is not filled, nothing reads it."""
    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    memory: Any = torch.utils.deterministic
    filled = memory.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True, warn_only=True)
    memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
        memory.fill_uninitialized_memory = filled
