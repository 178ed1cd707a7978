"""Clips of a corpus as batches, in an order and with draws that depend on seed, clip and epoch alone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader

from sign2gpt.common.engine import cores
from sign2gpt.common.seeds import derive, draw
from sign2gpt.data.batch import SignBatch, SignSample, collate
from sign2gpt.data.corpus import ClipRow
from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.decode import iter_frames
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

    def __init__(
        self, rows: list[ClipRow], frames: FramesConfig, *, seed: int, train: bool, cache_mb: int = 0
    ) -> None:
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
        if self.in_memory:
            self.fill_cache()
        row = self.rows[index]
        clip = self._cache[index] if index in self._cache else self._decoded(index)
        seed = derive(self.seed, row.id, self.epoch) if self.train else None
        chosen = torch.from_numpy(clip[sample_indices(len(clip), self.frames, seed)])
        return SignSample(row.id, row.text, prepare_frames(chosen, self.frames, seed))

    def fill_cache(self) -> None:
        """Decodes the clips that fit into the cache, once, in threads: FFmpeg runs outside Python's lock."""
        if self._cache or not self.rows:
            return
        frame_bytes = self._decoded(0)[0].nbytes
        ends = np.cumsum([row.num_frames * frame_bytes for row in self.rows])
        fitting = range(int(np.searchsorted(ends, self._cache_bytes, side="right")))
        with ThreadPoolExecutor(cores()) as pool:
            self._cache = dict(zip(fitting, pool.map(self._decoded, fitting), strict=True))

    def _decoded(self, index: int) -> np.ndarray:
        """(T, H, W, 3) uint8: all frames of a clip, so that other epochs may draw others of them."""
        return np.stack(list(iter_frames(self.rows[index].path, frame_rate=None, size=None)))


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
    yield from DataLoader(
        dataset,  # type: ignore[arg-type]
        batch_sampler=steps,
        num_workers=min(workers, len(steps)),
        collate_fn=collate,
        multiprocessing_context=_context(),
    )


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


def _context() -> multiprocessing.context.BaseContext:
    """A server that imports once and forks bare workers; libraries with threads survive no fork of this process."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["sign2gpt.data.dataset"])
    return context
