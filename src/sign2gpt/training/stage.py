"""A stage of a system, and what every stage is given: corpus, processes, output folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, TypeVar

import torch

from sign2gpt.common.files import resumable_when_full, write_json
from sign2gpt.common.locks import LOCK, locked
from sign2gpt.common.processes import Processes
from sign2gpt.common.progress import say
from sign2gpt.data.batch import SignSample
from sign2gpt.data.cache import FrameCache
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.dataset import Samples, SignDataset
from sign2gpt.model.language.language_model import Sizes
from sign2gpt.model.runs.run import Family, Finished, StageName, save_run
from sign2gpt.model.sign_model import SignModel
from sign2gpt.training.claim import State, begin, defaults, finish, identify
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.findings import Findings
from sign2gpt.training.job import Job
from sign2gpt.training.loop import Loop
from sign2gpt.training.parallel.batch_norm import synchronise
from sign2gpt.training.preflight import check
from sign2gpt.training.task import Source, Task
from sign2gpt.training.usage import CLIPS

M = TypeVar("M", bound=SignModel)


@dataclass(frozen=True)
class Planned:
    """What a stage will train: the model, on the meta device, and how many ids each training text has."""

    model: SignModel | None
    ids: Sequence[int] = ()


class Stage(ABC):
    """One training of a system: what to check before it, what it trains, what it leaves.

    Attributes:
        name: "pretrain" or "train"; the recipe's section of that name configures it.
        unused: keys of the recipe's ``model`` on which its result does not depend.
    """

    name: ClassVar[StageName]
    unused: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, family: Family) -> None:
        self.family = family

    @abstractmethod
    def check(self, findings: Findings, job: Job, config: OptimisationConfig, coming: str | None) -> Planned:
        """Looks for this stage's problems, in seconds.

        Args:
            findings: what was found so far, with the corpus and its rows where they could be read.
            coming: a run that will be there when the stage begins.
        """

    @abstractmethod
    def task(self, context: StageContext) -> Task:
        """What is trained."""

    @abstractmethod
    def finished(self, context: StageContext, task: Task, figures: dict[str, float]) -> Finished:
        """What the run folder keeps besides the weights; ``figures`` are those on dev of the epoch that was kept."""

    @abstractmethod
    def synthetic_model(self, job: Job, language_model: Sizes | None = None, device: str = "cpu") -> SignModel:
        """The stage's model on random weights.

        Args:
            language_model: sizes of one that is still to be made [default: read from its folder or name].
            device: "cpu", or "meta" for sizes alone.
        """

    @abstractmethod
    def synthetic_task(
        self, job: Job, config: OptimisationConfig, model: SignModel, source: Source, clips: list[SignSample], ids: int
    ) -> Task:
        """The stage's task on clips without content, with texts of ``ids`` ids: for memory and profile."""

    def weights(self, job: Job, config: OptimisationConfig) -> dict[str, str | None]:
        """Folders of weights that the stage reads, by what they are; their hashes belong to its identity."""
        return {}

    def run(self, context: StageContext) -> None:
        """Trains, and writes the run folder."""
        task = self.task(context)
        figures = context.fit(task)
        context.save(task.model, self.finished(context, task, figures))


def run_stage(stage: Stage, job: Job, config: OptimisationConfig) -> Path:
    """Runs a stage; returns the run folder, left alone where it is finished already.

    Raises:
        UserError: all that stands in the way before the first step, or a loss that is not finite.
    """
    context = StageContext(stage, job, config)
    with context.claimed() as unfinished:
        if unfinished:
            stage.run(context)
    return context.folder


class StageContext:
    """Corpus, processes and output folder of one stage.

    Raises:
        UserError: everything that can be wrong before the first step.
    """

    def __init__(self, stage: Stage, job: Job, config: OptimisationConfig) -> None:
        self.stage, self.job, self.config = stage, job, config
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
            self.processes.first(lambda: holding.enter_context(locked(self.folder, self.folder / LOCK)))
            state = self.processes.first(lambda: begin(self.folder, self.identity, defaults(self.job, self.config)))
            if state is State.FINISHED and self.processes.main:
                say(f"{self.folder} is finished; nothing to do")
            yield state is not State.FINISHED

    def prepare(self, model: M) -> M:
        """The model on this process' device, its BatchNorm joined with the other processes'."""
        if self.processes.world > 1:
            synchronise(model)
        model.prepare_training(checkpoint=self.config.checkpoint, compiled=self.config.compile)
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

    def fit(self, task: Task) -> dict[str, float]:
        """Trains to the last epoch; the figures on dev of the epoch that was kept."""
        return Loop(task, self.config, self.folder, self.job.seed, self.processes).run(self.stage.name)

    def save(self, model: SignModel, finished: Finished) -> None:
        """Writes the run folder, with hashes of the clips that were trained on, and marks it as finished."""
        if self.processes.main:
            write_json(self.folder / CLIPS, {row.id: row.sha256() for row in self.train})
            corpus = {"corpus": self.corpus.info.model_dump(mode="json")}
            finished = replace(finished, info=corpus | finished.info)
            keep = self.job.save
            save_run(self.folder, self.stage.family, model, self.job.recipe, finished, whole=keep.whole, half=keep.half)
            finish(self.folder, self.identity)
        self.processes.wait()


@contextmanager
def task_on_corpus(stage: Stage, job: Job, config: OptimisationConfig) -> Generator[tuple[Task, torch.device]]:
    """The stage's task on its corpus, ready to train; nothing is written to its run folder.

    Raises:
        UserError: everything that can be wrong before the first step.
    """
    with TemporaryDirectory() as folder:
        elsewhere = config.model_copy(update={"output": f"{folder}/run"})
        context = StageContext(stage, job, elsewhere)
        yield stage.task(context), context.processes.device
