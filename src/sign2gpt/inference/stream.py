"""A clip that is still coming: growing hypotheses from the frames so far (`Translator.stream`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.errors import UserError
from sign2gpt.inference.reader import FrameFeatures, Reader
from sign2gpt.inference.translation import StreamedTranslation
from sign2gpt.model.config import DecodingConfig
from sign2gpt.video.arrays import fit_stream
from sign2gpt.video.augment import prepare_frames

NAME = "stream"
AT_ONCE = 8
"""Frames that pass the backbone together; a hypothesis waits for those left over, not for all since the last."""


class _Frames:
    """Features of the frames so far: each frame passes the backbone once and is then forgotten."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.waiting: list[Tensor] = []
        self.features: FrameFeatures | None = None

    def add(self, frame: np.ndarray) -> None:
        self.waiting.append(prepare_frames(torch.tensor(frame)[None], self.reader.frames, None))
        if len(self.waiting) == AT_ONCE:
            self.catch_up()

    @torch.inference_mode()
    def catch_up(self) -> None:
        if self.waiting:
            more = self.reader.frame_features(torch.cat(self.waiting))
            self.features = more if self.features is None else self.features.join(more)
            self.waiting.clear()

    def translation(self, seen_s: float, config: DecodingConfig, *, final: bool) -> StreamedTranslation:
        self.catch_up()
        assert self.features is not None, "there is no frame"
        lengths = torch.tensor([len(self.features.own)])
        (found,) = self.reader.decode([NAME], self.features, lengths, [seen_s], config)
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
    """As `Translator.stream`, for at most ``longest_s``; ``clock`` counts seconds."""
    rate, seen = reader.frame_rate, _Frames(reader)
    started, count, every = None, 0, max(1, round(every_s * rate))
    for count, frame in enumerate(fit_stream(frames, frame_rate, rate, reader.stored_size), start=1):
        started = clock() if started is None else started
        seen_s = count / rate
        if seen_s > longest_s:
            raise UserError(f"the frames are longer than {longest_s:g} s; a clip is a sentence, cut them")
        if (count - 1) % reader.frames.stride == 0:
            seen.add(frame)
        if count % every == 0 and clock() - started - seen_s <= every_s:
            yield seen.translation(seen_s, config, final=False)
    yield seen.translation(count / rate, config, final=True)
