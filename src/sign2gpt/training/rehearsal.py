"""A stage without corpus, weights and run folder: its own task on clips and texts that are made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import torch

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import NO_FRAMES, SignSample
from sign2gpt.data.dataset import FeatureDataset
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.text import Tokenizer
from sign2gpt.training.config import OptimisationConfig, PretrainConfig, TrainConfig
from sign2gpt.training.job import Job
from sign2gpt.training.optim import freeze
from sign2gpt.training.pretrain_task import PretrainTask, Targets
from sign2gpt.training.tasks import Source
from sign2gpt.training.translate_task import TranslateTask


@dataclass(frozen=True)
class Load:
    """What a step carries: the frames of each clip (features under Sign(Z)), and the ids of its longest text."""

    frames: tuple[int, ...]
    ids: int


class MadeUpText(Tokenizer):
    """As many ids of a vocabulary for every text, whatever it says."""

    def __init__(self, ids: int, vocabulary: int) -> None:
        self.ids, self.vocabulary = ids, vocabulary

    def encode(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Input ids and labels, both int64 (B, ids)."""
        ids = torch.arange(len(texts) * self.ids).view(-1, self.ids) % self.vocabulary
        return ids, ids


def made_up_clips(job: Job, config: OptimisationConfig, load: Load) -> list[SignSample]:
    """Clips of noise, or under Sign(Z) their features."""
    return [_clip(str(number), job, frames, config.reads_features) for number, frames in zip(count(), load.frames)]


def rehearsal(
    job: Job, config: OptimisationConfig, model: Sign2GPT, clips: list[SignSample], ids: int, processes: Processes
) -> PretrainTask | TranslateTask:
    """The task of a stage on ``clips``, all of them in each step, with texts of ``ids`` ids."""
    source = Source(FeatureDataset(clips, seed=job.seed), processes, batch=len(clips), workers=0, shuffle=False)
    if isinstance(config, TrainConfig):
        assert model.decoder is not None
        return TranslateTask(
            model,
            source,
            source,
            MadeUpText(ids, model.decoder.sizes.vocabulary),
            processes,
            decoding=job.model.decoding,
            protocol=job.protocol,
            smoothing=config.label_smoothing,
            gate_range=config.gate_range,
            frozen=freeze(model, config.freeze),
        )
    assert isinstance(config, PretrainConfig)
    assert model.prototypes is not None
    targets = Targets({clip.id: [0] for clip in clips}, len(model.prototypes.vectors))
    scale = job.model.prototypes.loss_scale
    return PretrainTask(model, source, source, targets, processes, scale=scale, threshold=config.threshold)


def _clip(name: str, job: Job, length: int, features: bool) -> SignSample:
    if features:
        return SignSample(name, "", NO_FRAMES, torch.randn(length, job.model.width))
    return SignSample(name, "", torch.randint(256, (length, 3, job.frames.size, job.frames.size), dtype=torch.uint8))
