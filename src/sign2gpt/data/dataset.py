"""Clips of a corpus as batches, in an order and with draws that depend on seed, clip and epoch alone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import BaseContext
from typing import Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader

from sign2gpt.common.engine import cores
from sign2gpt.common.errors import UserError
from sign2gpt.common.seeds import derive, draw
from sign2gpt.data.batch import SignBatch, SignSample, collate
from sign2gpt.data.corpus import ClipRow
from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.decode import read_frames
from sign2gpt.video.sampling import sample_indices


class Samples(Protocol):
    """What `batches` reads: clips by their number, drawn anew in each epoch."""

    seed: int
    in_memory: bool

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> SignSample: ...
    def set_epoch(self, epoch: int) -> None: ...


class SignDataset(torch.utils.data.Dataset[SignSample]):
    """Clips of a split as the model sees them.

    Args:
        rows: of the clips, as `Corpus.rows` gives them; stored at the corpus' rate and size.
        frames: which frames are used and how they are changed.
        seed: with a clip's id and the epoch it decides the clip's draw.
        train: draw frames and augmentation; else the frames of evaluation, the same in every epoch.
        cache_mb: decoded clips kept in memory, in MB; what does not fit is decoded anew.
    """

    def __init__(self, rows: list[ClipRow], frames: FramesConfig, *, seed: int, train: bool, cache_mb: int = 0) -> None:
        self.rows, self.frames, self.seed, self.train = rows, frames, seed, train
        self.in_memory = cache_mb > 0
        self.epoch = 0
        self._cache_bytes = cache_mb << 20
        self._cache: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def set_epoch(self, epoch: int) -> None:
        """Chooses the draws of an epoch, from 0."""
        self.epoch = epoch

    def __getitem__(self, index: int) -> SignSample:
        row = self.rows[index]
        seed = derive(self.seed, row.id, self.epoch) if self.train else None
        indices = sample_indices(row.num_frames, self.frames, seed)
        if self.in_memory:
            self.fill_cache()
        clip = self._cache[index][indices] if index in self._cache else read_frames(row.path, indices)
        return SignSample(row.id, row.text, prepare_frames(torch.from_numpy(clip), self.frames, seed))

    def fill_cache(self) -> None:
        """Decodes the clips that fit into the cache, once, in threads: FFmpeg runs outside Python's lock."""
        if self._cache or not self.rows:
            return
        frame_bytes = self._whole(0)[0].nbytes
        ends = np.cumsum([row.num_frames * frame_bytes for row in self.rows])
        fitting = range(int(np.searchsorted(ends, self._cache_bytes, side="right")))
        with ThreadPoolExecutor(cores()) as pool:
            self._cache = dict(zip(fitting, pool.map(self._whole, fitting), strict=True))

    def _whole(self, index: int) -> np.ndarray:
        """(T, H, W, 3), in memory channel by channel: six times as fast to hand over, frames unchanged."""
        row = self.rows[index]
        frames = read_frames(row.path, range(row.num_frames))
        return np.ascontiguousarray(frames.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1)


class FeatureDataset(torch.utils.data.Dataset[SignSample]):
    """Clips whose features were computed once (Sign(Z)): the same in every epoch.

    Args:
        samples: with features; their frames are empty.
        seed: decides the order of an epoch.
    """

    in_memory = True

    def __init__(self, samples: list[SignSample], *, seed: int) -> None:
        self.samples, self.seed = samples, seed

    def __len__(self) -> int:
        return len(self.samples)

    def set_epoch(self, epoch: int) -> None:
        """Nothing is drawn but the order."""

    def __getitem__(self, index: int) -> SignSample:
        return self.samples[index]


def batches(
    dataset: Samples,
    *,
    batch: int,
    epoch: int,
    shuffle: bool,
    workers: int,
    rank: int = 0,
    world: int = 1,
    start: int = 0,
) -> Iterator[SignBatch]:
    """Yields the batches of an epoch.

    A step of all processes together takes the next ``batch * world`` clips of the order, so that it does not depend on
    their number. Every process has as many batches and clips as the others: where the last step has too few, its first
    clips come again (at most ``world - 1``; drop them by their ids when results are gathered).

    Args:
        dataset: its seed and ``epoch`` decide the order.
        batch: clips a batch.
        workers: processes that decode ahead; 0, and every dataset that is in memory, reads in this process.
        start: batches to leave out without decoding them: those that an interrupted run has seen.
    """
    dataset.set_epoch(epoch)
    steps = _steps(len(dataset), batch, epoch, shuffle, rank, world, dataset.seed)[start:]
    if dataset.in_memory or workers == 0 or not steps:
        for step in steps:
            yield collate([dataset[index] for index in step])
        return
    loader = DataLoader(
        _Telling(dataset),
        batch_sampler=steps,
        num_workers=min(workers, len(steps)),
        collate_fn=_collate,
        multiprocessing_context=_context(),
        generator=torch.Generator(),  # or it draws from the global one, and a resumed run differs
    )
    for result in loader:
        if isinstance(result, UserError):
            raise result
        yield result


def _steps(clips: int, batch: int, epoch: int, shuffle: bool, rank: int, world: int, seed: int) -> list[list[int]]:
    order = list(range(clips))
    if shuffle:
        draw(seed, "order", epoch).shuffle(order)
    steps = []
    for first in range(0, clips, batch * world):
        step = order[first : first + batch * world]
        step += [step[i % len(step)] for i in range(-len(step) % world)]
        steps.append(step[rank::world])
    return steps


class _Telling(torch.utils.data.Dataset[SignSample | UserError]):
    """Hands a user's mistake over as a value: raised in a worker it would arrive as a traceback."""

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
    """A server that imports once and forks bare workers; libraries with threads survive no fork of this process."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sign2gpt.data.dataset"])
    return context
