"""What both stages stand on: corpus, processes, output folder."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import torch

from sign2gpt.common.files import resumable_when_full, write_json
from sign2gpt.common.locks import LOCK, held
from sign2gpt.common.processes import Processes
from sign2gpt.common.progress import say
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.dataset import Samples, SignDataset
from sign2gpt.data.frame_cache import FrameCache
from sign2gpt.model.hub import save_run
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.text import Tokenizer
from sign2gpt.training.batch_norm import synchronise
from sign2gpt.training.claim import State, begin, finish, identify
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.job import Job
from sign2gpt.training.preflight import Stage, check
from sign2gpt.training.tasks import Source
from sign2gpt.training.usage import CLIPS


class Workplace:
    """Where a stage is run, made ready.

    Raises:
        UserError: everything that can be wrong before the first step.
    """

    def __init__(self, stage: Stage, job: Job, config: OptimisationConfig) -> None:
        self.job, self.config = job, config
        self.processes = Processes()
        self.processes.first(lambda: check(stage, job, config, self.processes.world).report())
        self.folder = Path(config.output)
        self.corpus = Corpus.open(job.data.corpus, job.data.shards_gb)
        self.train, self.dev = (self.corpus.rows(split) for split in ("train", "dev"))
        self.identity = identify(stage, job, config, self.corpus, self.processes.world)

    @contextmanager
    def claimed(self) -> Generator[bool]:
        """Holds the output folder as long as the block runs; false where the training there is finished.

        Raises:
            UserError: another training writes there, or the folder is not this one's.
        """
        with ExitStack() as holding, resumable_when_full(self.folder):
            self.processes.first(lambda: holding.enter_context(held(self.folder, self.folder / LOCK)))
            state = self.processes.first(lambda: begin(self.folder, self.identity))
            if state is State.FINISHED and self.processes.main:
                say(f"{self.folder} is finished; nothing to do")
            yield state is not State.FINISHED

    def place(self, model: Sign2GPT) -> Sign2GPT:
        """The model on this process' device, its BatchNorm joined with the other processes'."""
        if self.processes.world > 1:
            synchronise(model)
        model.spatial.prepare_training(checkpoint=self.config.checkpoint, compiled=self.config.compile)
        return model.to(self.processes.device)

    def clips(self, rows: list[ClipRow], *, train: bool) -> SignDataset:
        """Clips as frames; what fits is decoded once."""
        cache = FrameCache(self.corpus, rows, self.job.data.cache_gb)
        cache.fill(self.processes.rank, self.processes.world)
        self.processes.wait()
        return SignDataset(rows, self.job.frames, seed=self.job.seed, train=train, cache=cache)

    def source(self, samples: Samples, *, shuffle: bool) -> Source:
        """Clips in batches of the recipe's size."""
        return Source(
            samples,
            self.processes,
            batch=self.config.batch,
            workers=self.job.data.workers,
            shuffle=shuffle,
            frames=self.config.frames_a_step,
        )

    def save(
        self,
        model: Sign2GPT,
        *,
        stage: Literal["pretrain", "translate"],
        glosses: list[str] | None,
        figures: dict[str, Any],
        tokenizer: Tokenizer | None = None,
        localizer: dict[str, torch.Tensor] | None = None,
    ) -> None:
        """Writes the run folder, with hashes of the clips that were trained on, and marks it as finished."""
        if self.processes.main:
            write_json(self.folder / CLIPS, {row.id: row.sha256() for row in self.train})
            save_run(
                self.folder,
                model,
                stage=stage,
                config=self.job.model,
                recipe=self.job.recipe,
                tokenizer=tokenizer,
                glosses=glosses,
                info={"corpus": self.corpus.info.model_dump(mode="json"), **figures},
                whole=self.job.save.whole,
                half=self.job.save.half,
                localizer=localizer,
            )
            finish(self.folder, self.identity)
        self.processes.wait()
