"""What differs between trainings: batches, loss and the figure on dev that chooses. The loop knows nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import SignBatch
from sign2gpt.data.dataset import Samples, batches
from sign2gpt.model.sign2gpt import Sign2GPT


class Source:
    """Clips of a split in batches; each process has its share of them."""

    def __init__(self, samples: Samples, processes: Processes, *, batch: int, workers: int, shuffle: bool) -> None:
        self.samples, self.processes = samples, processes
        self.batch, self.workers, self.shuffle = batch, workers, shuffle

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.samples) // (self.batch * self.processes.world))

    def batches(self, epoch: int = 0, start: int = 0) -> Iterator[SignBatch]:
        """The batches of an epoch after the first ``start``."""
        return batches(
            self.samples,
            batch=self.batch,
            epoch=epoch,
            shuffle=self.shuffle,
            workers=self.workers,
            rank=self.processes.rank,
            world=self.processes.world,
            start=start,
        )

    def counted(self) -> Iterator[tuple[SignBatch, list[int]]]:
        """All batches in order, with the places in each that count: a clip that fills up the last one does not."""
        for number, batch in enumerate(self.batches()):
            first = number * self.batch * self.processes.world + self.processes.rank
            places = range(first, first + len(batch.ids) * self.processes.world, self.processes.world)
            yield batch, [at for at, place in enumerate(places) if place < len(self.samples)]


class Task(Protocol):
    """What is trained, from what, and how good it is."""

    model: Sign2GPT
    source: Source
    chooses: str

    def train(self) -> None:
        """Puts the model into training mode, what is frozen stays in evaluation mode."""
        ...

    def count(self, batch: SignBatch) -> int:
        """Items that the loss is a mean over."""
        ...

    def losses(self, batch: SignBatch) -> torch.Tensor:
        """(B,): the loss of each clip, summed over its items."""
        ...

    def after_step(self) -> None:
        """What is done to the weights after the optimiser has moved them."""
        ...

    def evaluate(self) -> dict[str, float]:
        """Figures on dev, in evaluation mode; the one called ``chooses`` is better the higher it is."""
        ...


def encode(model: Sign2GPT, batch: SignBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """Features z (M, C) of a batch and their lengths (B,), computed unless they are at hand."""
    if batch.features is not None:
        return batch.features, batch.lengths
    return model.encode(batch.frames, batch.lengths)
