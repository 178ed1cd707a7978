"""Clips of a corpus as batches; randomness depends only on seed, clip and epoch."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from multiprocessing.context import BaseContext
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from sign2gpt.common.errors import UserError, killed
from sign2gpt.common.seeds import derive
from sign2gpt.data.batch import PendingAugmentation, SignBatch, SignSample, collate
from sign2gpt.data.cache import FrameCache
from sign2gpt.data.corpus import ClipRow
from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.decode import read_frames
from sign2gpt.video.sampling import most_frames, sample_indices

LOST = ("DataLoader worker", "Pin memory thread")
"""Beginnings of torch's messages for a killed worker."""


class Samples(Protocol):
    """What `batches` reads: clips by index, augmented anew in each epoch."""

    seed: int
    in_memory: bool

    @property
    def lengths(self) -> list[int]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> SignSample: ...
    def set_epoch(self, epoch: int) -> None: ...


class SignDataset(torch.utils.data.Dataset[SignSample]):
    """Clips of a split as the model sees them.

    Args:
        rows: the clips, from `Corpus.rows`; stored at the corpus' frame rate and size.
        frames: how frames are sampled and augmented.
        seed: seed, with a clip's id and the epoch, for its sampling and augmentation.
        train: sample and augment at random; else the frames for evaluation, the same in every epoch.
        cache: decoded frames; clips that are not in it are decoded each time.
    """

    in_memory = False

    def __init__(
        self, rows: list[ClipRow], frames: FramesConfig, *, seed: int, train: bool, cache: FrameCache | None = None
    ) -> None:
        self.rows, self.frames, self.seed, self.train = rows, frames, seed, train
        self.cache = cache
        self.epoch = 0

    @property
    def lengths(self) -> list[int]:
        """The most frames that can be sampled from each clip."""
        return [most_frames(row.num_frames, self.frames) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch, from 0, that sampling and augmentation depend on."""
        self.epoch = epoch

    def __getitem__(self, index: int) -> SignSample:
        row = self.rows[index]
        seed = derive(self.seed, row.id, self.epoch) if self.train else None
        indices = sample_indices(row.num_frames, self.frames, seed)
        cached = None if self.cache is None else self.cache.read(row, indices)
        clip = read_frames(row.path, indices) if cached is None else cached
        return sample_of(row, torch.from_numpy(clip), self.frames, seed)


def sample_of(row: ClipRow, frames: Tensor, config: FramesConfig, seed: int | None) -> SignSample:
    """A clip as the model sees it, or with the augmentation to apply on the device (``augment_on: gpu``).

    Args:
        frames: (T*, H, W, 3) uint8, as stored.
        seed: for the augmentation; None for evaluation.
    """
    if seed is None or config.augment_on == "cpu":
        return SignSample(row.id, row.text, prepare_frames(frames, config, seed))
    return SignSample(row.id, row.text, frames.permute(0, 3, 1, 2), pending=PendingAugmentation(seed, config))


class FeatureDataset(torch.utils.data.Dataset[SignSample]):
    """Clips whose features were computed beforehand (Sign(Z)): the same in every epoch.

    Args:
        samples: with features; their frames are empty.
        seed: seed for the order of an epoch.
    """

    in_memory = True

    def __init__(self, samples: list[SignSample], *, seed: int) -> None:
        self.samples, self.seed = samples, seed

    @property
    def lengths(self) -> list[int]:
        """The number of features of each clip."""
        return [0 if sample.features is None else len(sample.features) for sample in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def set_epoch(self, epoch: int) -> None:
        """Does nothing: features are the same in every epoch."""

    def __getitem__(self, index: int) -> SignSample:
        return self.samples[index]


def batches(dataset: Samples, steps: Sequence[list[int]], *, epoch: int, workers: int) -> Iterator[SignBatch]:
    """Yields a batch for each step.

    Args:
        steps: the indices of the clips in each batch.
        epoch: seed, with the dataset's, for sampling and augmentation.
        workers: processes that decode ahead; with 0, or a dataset in memory, this process reads the clips.

    Raises:
        UserError: a clip cannot be read, or a worker process was killed.
    """
    dataset.set_epoch(epoch)
    if dataset.in_memory or workers == 0 or not steps:
        for step in steps:
            yield collate([dataset[index] for index in step])
        return
    loader = DataLoader(
        _ErrorsAsValues(dataset),
        batch_sampler=steps,
        num_workers=min(workers, len(steps)),
        collate_fn=_collate,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context=_context(),
        generator=torch.Generator(),  # by default it uses the global one, and a resumed run would differ
    )
    try:
        for result in loader:
            if isinstance(result, UserError):
                raise result
            yield result
    except (ConnectionError, EOFError, RuntimeError) as error:  # the first two if it was sending a clip
        if isinstance(error, RuntimeError) and not str(error).startswith(LOST):
            raise
        raise killed("a process that reads clips", ", with a lower data.workers") from None


class _ErrorsAsValues(torch.utils.data.Dataset[SignSample | UserError]):
    """Returns a `UserError` as a value: raised in a worker it would arrive as a traceback."""

    def __init__(self, dataset: Samples) -> None:
        self.dataset = dataset

    def __getitem__(self, index: int) -> SignSample | UserError:
        try:
            return self.dataset[index]
        except UserError as error:
            return error


def _collate(results: list[SignSample | UserError]) -> SignBatch | UserError:
    errors = [result for result in results if isinstance(result, UserError)]
    return errors[0] if errors else collate([result for result in results if isinstance(result, SignSample)])


def _context() -> BaseContext:
    """A server that imports once and forks workers: forking this process would break libraries that have threads."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sign2gpt.data.dataset"])
    return context
