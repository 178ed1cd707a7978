"""A stage without corpus, weights and run folder: its own task on clips and texts without content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import torch

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import NO_FRAMES, SignSample
from sign2gpt.data.dataset import FeatureDataset
from sign2gpt.model.sign_model import SignModel
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.job import Job
from sign2gpt.training.task import Source, Task

if TYPE_CHECKING:
    from sign2gpt.training.stage import Stage


@dataclass(frozen=True)
class Load:
    """What a step carries: the frames of each clip (or its features), and the ids of its longest text."""

    frames: tuple[int, ...]
    ids: int


class SyntheticText:
    """A tokenizer that gives every text as many ids of a vocabulary."""

    def __init__(self, ids: int, vocabulary: int) -> None:
        self.ids, self.vocabulary = ids, vocabulary

    def encode(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Input ids and labels, both int64 (B, ids)."""
        ids = torch.arange(len(texts) * self.ids).view(-1, self.ids) % self.vocabulary
        return ids, ids

    def decode(self, ids: Sequence[int]) -> str:
        """The ids as they are."""
        return " ".join(map(str, ids))


def synthetic_clips(job: Job, config: OptimisationConfig, load: Load) -> list[SignSample]:
    """Clips of noise, or their features where the stage reads those."""
    return [_clip(str(number), job, frames, config.reads_features) for number, frames in zip(count(), load.frames)]


def rehearsal(
    stage: Stage,
    job: Job,
    config: OptimisationConfig,
    model: SignModel,
    clips: list[SignSample],
    ids: int,
    processes: Processes,
) -> Task:
    """The task of a stage on ``clips``, all of them in each step, with texts of ``ids`` ids."""
    source = Source(FeatureDataset(clips, seed=job.seed), processes, batch=len(clips), workers=0, shuffle=False)
    return stage.synthetic_task(job, config, model, source, clips, ids)


def _clip(name: str, job: Job, length: int, features: bool) -> SignSample:
    if features:
        return SignSample(name, "", NO_FRAMES, torch.randn(length, job.model.feature_width))
    return SignSample(name, "", torch.randint(256, (length, 3, job.frames.size, job.frames.size), dtype=torch.uint8))
