"""A clip that is still coming: growing hypotheses from the frames so far (`Translator.stream`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.errors import UserError
from sign2gpt.inference.translation import StreamedTranslation
from sign2gpt.model.config import DecodingConfig
from sign2gpt.video.arrays import fit_stream
from sign2gpt.video.augment import prepare_frames

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator

NAME = "stream"
AT_ONCE = 8
"""Frames that pass the backbone together; a hypothesis waits for those left over, not for all since the last."""


class _Watched:
    """Features of the frames so far: each frame passes the backbone once and is then forgotten."""

    def __init__(self, translator: Translator) -> None:
        self.translator = translator
        self.waiting: list[Tensor] = []
        self.parts: list[list[Tensor]] = []

    def add(self, frame: np.ndarray) -> None:
        self.waiting.append(prepare_frames(torch.tensor(frame)[None], self.translator.frames, None))
        if len(self.waiting) == AT_ONCE:
            self.catch_up()

    @torch.inference_mode()
    def catch_up(self) -> None:
        if self.waiting:
            self.parts.append(self.translator.watch(torch.cat(self.waiting)))
            self.waiting.clear()

    def told(self, seen_s: float, config: DecodingConfig, *, final: bool) -> StreamedTranslation:
        self.catch_up()
        features = [torch.cat(parts) for parts in zip(*self.parts, strict=True)]
        self.parts = [features]
        (found,) = self.translator.tell([NAME], features, torch.tensor([len(features[0])]), [seen_s], config)
        return StreamedTranslation(**vars(found), seen_s=seen_s, final=final)


def streamed(
    translator: Translator,
    frames: Iterable[np.ndarray],
    frame_rate: float,
    every_s: float,
    config: DecodingConfig,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[StreamedTranslation]:
    """As `Translator.stream`; ``clock`` tells the seconds that pass."""
    rate, watched = translator.frame_rate, _Watched(translator)
    started, count, every = None, 0, max(1, round(every_s * rate))
    for count, frame in enumerate(fit_stream(frames, frame_rate, rate, translator.stored_size), start=1):
        started = clock() if started is None else started
        seen_s = count / rate
        if seen_s > translator.longest_s:
            raise UserError(f"the frames are longer than {translator.longest_s:g} s; a clip is a sentence, cut them")
        if (count - 1) % translator.frames.stride == 0:
            watched.add(frame)
        if count % every == 0 and clock() - started - seen_s <= every_s:
            yield watched.told(seen_s, config, final=False)
    yield watched.told(count / rate, config, final=True)
