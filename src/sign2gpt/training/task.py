"""What differs between trainings: batches, loss and the figure on dev that chooses. The loop knows nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import torch

from sign2gpt.common.processes import Processes
from sign2gpt.common.seeds import draw
from sign2gpt.data.batch import SignBatch
from sign2gpt.data.dataset import Samples, batches
from sign2gpt.data.order import share, steps_of
from sign2gpt.model.sign_model import Encoded, SignModel


class Source:
    """Clips of a split in batches; each process has its share of them.

    Args:
        batch: clips a step and process.
        frames: of a step of all processes together, instead of ``batch``; none: it is ``batch`` that counts.
        workers: processes that read ahead.
        shuffle: draw the order of each epoch.
    """

    def __init__(
        self,
        samples: Samples,
        processes: Processes,
        *,
        batch: int,
        workers: int,
        shuffle: bool,
        frames: int | None = None,
    ) -> None:
        self.samples, self.processes = samples, processes
        self.batch, self.frames, self.workers, self.shuffle = batch, frames, workers, shuffle

    def __len__(self) -> int:
        """Steps in an epoch, as many in each."""
        return len(self.steps(0))

    def steps(self, epoch: int) -> list[list[int]]:
        """The clips of each step of all processes together."""
        random = draw(self.samples.seed, "order", epoch) if self.shuffle else None
        return steps_of(self.samples.lengths, self.batch * self.processes.world, self.frames, random)

    def batches(self, epoch: int = 0, start: int = 0) -> Iterator[SignBatch]:
        """This process' batches of an epoch after the first ``start``, which are not decoded."""
        rank, world = self.processes.rank, self.processes.world
        steps = self.steps(epoch)[start:]
        read = batches(self.samples, [share(step, rank, world) for step in steps], epoch=epoch, workers=self.workers)
        # a map keeps no batch while the next is made, as a loop over them would
        told = map(lambda step, batch: replace(batch, again=rank >= len(step)), steps, read)
        return ahead(told, self.processes.device)

    def counted(self) -> Iterator[tuple[SignBatch, list[int]]]:
        """All batches in order, with the places in each that count: a clip that another process has does not."""
        for batch in self.batches():
            yield batch, [] if batch.again else list(range(len(batch.ids)))


def ahead(batches: Iterator[SignBatch], device: torch.device) -> Iterator[SignBatch]:
    """The same batches; to a CUDA device each is sent while the one before it is computed on."""
    if device.type != "cuda":
        yield from batches
        return
    stream, before = torch.cuda.Stream(device), None
    for batch in batches:
        with torch.cuda.stream(stream):
            sent = batch.pin_memory().to(device)
        arrived = stream.record_event()
        if before is not None:
            yield _received(*before)
        before = sent, arrived
    if before is not None:
        yield _received(*before)


def _received(batch: SignBatch, arrived: torch.Event) -> SignBatch:
    """The batch, once what is computed from here on may read it."""
    here = torch.cuda.current_stream(batch.frames.device)
    here.wait_event(arrived)
    for tensor in (batch.frames, batch.features):
        if tensor is not None:
            tensor.record_stream(here)
    return batch


class Task(ABC):
    """What is trained, from what, and how good it is.

    Attributes:
        chooses: the figure on dev that chooses the best epoch; the higher, the better.
    """

    model: SignModel
    source: Source
    chooses: ClassVar[str]

    def train(self) -> None:
        """Puts the model into training mode; what is frozen stays in evaluation mode."""
        self.model.train()

    def encode(self, batch: SignBatch) -> Encoded:
        """Tokens of a batch, computed unless the batch holds them as features."""
        if batch.features is not None:
            return Encoded(batch.features, batch.lengths)
        return self.model.encode(batch.frames, batch.lengths)

    @abstractmethod
    def count(self, batch: SignBatch) -> int:
        """Items that the loss is a mean over."""

    @abstractmethod
    def losses(self, batch: SignBatch, encoded: Encoded) -> torch.Tensor:
        """(B,): the loss of each clip, summed over its items."""

    def after_step(self) -> None:
        """What is done to the weights after the optimiser has moved them."""
        return

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Figures on dev, in evaluation mode."""

    def log(self) -> dict[str, Any]:
        """What else the log keeps at each evaluation."""
        return {}
