"""A clip that is still coming: growing hypotheses from the frames so far (`Translator.stream`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.errors import UserError
from sign2gpt.inference.reader import Reader
from sign2gpt.inference.translation import StreamedTranslation
from sign2gpt.model.config import DecodingConfig
from sign2gpt.video.arrays import fit_stream
from sign2gpt.video.augment import prepare_frames

NAME = "stream"
AT_ONCE = 8
"""Frames that pass the backbone together; a hypothesis waits for those left over, not for all since the last."""


class _Watched:
    """Features of the frames so far: each frame passes the backbone once and is then forgotten."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.waiting: list[Tensor] = []
        self.parts: list[list[Tensor]] = []

    def add(self, frame: np.ndarray) -> None:
        self.waiting.append(prepare_frames(torch.tensor(frame)[None], self.reader.frames, None))
        if len(self.waiting) == AT_ONCE:
            self.catch_up()

    @torch.inference_mode()
    def catch_up(self) -> None:
        if self.waiting:
            self.parts.append(self.reader.watch(torch.cat(self.waiting)))
            self.waiting.clear()

    def told(self, seen_s: float, config: DecodingConfig, *, final: bool) -> StreamedTranslation:
        self.catch_up()
        features = [torch.cat(parts) for parts in zip(*self.parts, strict=True)]
        self.parts = [features]
        (found,) = self.reader.tell([NAME], features, torch.tensor([len(features[0])]), [seen_s], config)
        return StreamedTranslation(**vars(found), seen_s=seen_s, final=final)


def streamed(
    reader: Reader,
    frames: Iterable[np.ndarray],
    frame_rate: float,
    every_s: float,
    longest_s: float,
    config: DecodingConfig,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[StreamedTranslation]:
    """As `Translator.stream`, for at most ``longest_s``; ``clock`` tells the seconds that pass."""
    rate, watched = reader.frame_rate, _Watched(reader)
    started, count, every = None, 0, max(1, round(every_s * rate))
    for count, frame in enumerate(fit_stream(frames, frame_rate, rate, reader.stored_size), start=1):
        started = clock() if started is None else started
        seen_s = count / rate
        if seen_s > longest_s:
            raise UserError(f"the frames are longer than {longest_s:g} s; a clip is a sentence, cut them")
        if (count - 1) % reader.frames.stride == 0:
            watched.add(frame)
        if count % every == 0 and clock() - started - seen_s <= every_s:
            yield watched.told(seen_s, config, final=False)
    yield watched.told(count / rate, config, final=True)
