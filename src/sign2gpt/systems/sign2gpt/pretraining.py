"""Pseudo-gloss pretraining (MODEL.md 4): which pseudo-glosses does a clip hold?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import SignBatch, SignSample
from sign2gpt.data.glosses.pseudo_glosses import PseudoGlosses
from sign2gpt.data.glosses.vectors import word_vectors
from sign2gpt.model.language.language_model import Sizes
from sign2gpt.model.runs.run import Finished
from sign2gpt.model.sign_model import Encoded, SignModel
from sign2gpt.systems.sign2gpt.checks import check_backbone, check_pseudo_glosses, check_vectors
from sign2gpt.systems.sign2gpt.config import PretrainingConfig, Sign2GPTConfig
from sign2gpt.systems.sign2gpt.model import Sign2GPT, build_model
from sign2gpt.systems.sign2gpt.prototypes import PrototypeHead
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.findings import Findings
from sign2gpt.training.job import Job
from sign2gpt.training.losses import presence_loss
from sign2gpt.training.stage import Planned, Stage, StageContext
from sign2gpt.training.task import Source, Task

THRESHOLDS = (0.2, 0.5)
SYNTHETIC_GLOSSES = 2500
"""Pseudo-glosses of a head without a corpus, about as many as PHOENIX14T has."""


class Pretraining(Stage):
    """From a corpus with pseudo-glosses to a run that finds them."""

    name = "pretrain"
    unused = frozenset({"decoder", "decoding"})

    def check(self, findings: Findings, job: Job, config: OptimisationConfig, coming: str | None) -> Planned:
        model = sign2gpt_config(job)
        glosses = check_pseudo_glosses(findings, job)
        check_vectors(findings, job, model)
        check_backbone(findings, model, begun=False)
        head = len(glosses.vocabulary) if glosses else None
        return Planned(findings.attempt(lambda: build_model(model, glosses=head, decoder=False, device="meta")))

    def task(self, context: StageContext) -> PretrainTask:
        job, config, model = context.job, context.config, sign2gpt_config(context.job)
        assert isinstance(config, PretrainingConfig)
        glosses = PseudoGlosses.open(context.corpus.folder)
        texts = [row.text for row in context.train]
        vectors = word_vectors(glosses.vocabulary, job.data.vectors, texts, job.seed)
        built = build_model(model, glosses=len(glosses.vocabulary), decoder=False, vectors=vectors, seed=job.seed)
        return PretrainTask(
            context.prepare(built),
            context.source(context.clips(context.train, train=True), shuffle=True),
            context.source(context.clips(context.dev, train=False), shuffle=False),
            targets_of(glosses, glosses.vocabulary),
            context.processes,
            scale=model.prototypes.loss_scale,
            threshold=config.threshold,
        )

    def finished(self, context: StageContext, task: Task, figures: dict[str, float]) -> Finished:
        glosses = PseudoGlosses.open(context.corpus.folder).vocabulary
        return Finished(self.name, glosses=glosses, info={"dev": figures})

    def synthetic_model(self, job: Job, language_model: Sizes | None = None, device: str = "cpu") -> Sign2GPT:
        model = without_weights(job)
        return build_model(model, glosses=SYNTHETIC_GLOSSES, decoder=False, seed=job.seed, device=device)

    def synthetic_task(
        self, job: Job, config: OptimisationConfig, model: SignModel, source: Source, clips: list[SignSample], ids: int
    ) -> PretrainTask:
        assert isinstance(model, Sign2GPT)
        assert model.prototypes is not None
        assert isinstance(config, PretrainingConfig)
        targets = Targets({clip.id: [0] for clip in clips}, len(model.prototypes.vectors))
        scale = sign2gpt_config(job).prototypes.loss_scale
        return PretrainTask(model, source, source, targets, Processes(), scale=scale, threshold=config.threshold)


def sign2gpt_config(job: Job) -> Sign2GPTConfig:
    """The recipe's model section, which is Sign2GPT's."""
    assert isinstance(job.model, Sign2GPTConfig)
    return job.model


def without_weights(job: Job) -> Sign2GPTConfig:
    """The same model on random weights."""
    model = sign2gpt_config(job)
    spatial = model.spatial.model_copy(update={"weights": None})
    decoder = model.decoder.model_copy(update={"random_weights": True})
    return model.model_copy(update={"spatial": spatial, "decoder": decoder})


def targets_of(glosses: PseudoGlosses, vocabulary: list[str]) -> Targets:
    """Each clip's pseudo-glosses as indices in ``vocabulary``, which may be another corpus'."""
    indices = {word: index for index, word in enumerate(vocabulary)}
    found = {clip: [indices[word] for word in words] for clip, words in glosses.targets(vocabulary).items()}
    return Targets(found, len(vocabulary))


class Targets:
    """Pseudo-glosses of each clip as rows of zeros and ones.

    Args:
        indices: for each clip the indices of its pseudo-glosses in the vocabulary.
        size: V, the vocabulary's size.
    """

    def __init__(self, indices: Mapping[str, Sequence[int]], size: int) -> None:
        self.indices, self.size = indices, size

    def rows(self, ids: Sequence[str]) -> torch.Tensor:
        """(B, V) zeros and ones."""
        rows = torch.zeros(len(ids), self.size)
        for row, name in enumerate(ids):
            rows[row, list(self.indices[name])] = 1.0
        return rows


class PretrainTask(Task):
    """Binary cross entropy of presence; chosen by the mean F1 of the pseudo-glosses on dev."""

    chooses = "class_f1"
    model: Sign2GPT

    def __init__(
        self,
        model: Sign2GPT,
        source: Source,
        dev: Source,
        targets: Targets,
        processes: Processes,
        *,
        scale: float,
        threshold: float,
    ) -> None:
        assert model.prototypes is not None
        self.model, self.head, self.source, self.dev = model, model.prototypes, source, dev
        self.targets, self.processes = targets, processes
        self.scale, self.threshold = scale, threshold

    def count(self, batch: SignBatch) -> int:
        return len(batch.ids) * self.targets.size

    def losses(self, batch: SignBatch, encoded: Encoded) -> torch.Tensor:
        scores = self.head(*encoded).scores
        return presence_loss(scores, self.targets.rows(batch.ids).to(scores.device), self.scale)

    def evaluate(self) -> dict[str, float]:
        return measure_presence(self, self.head, self.dev, self.targets, self.processes, self.threshold)


@torch.no_grad()
def measure_presence(
    task: Task, head: PrototypeHead, source: Source, targets: Targets, processes: Processes, threshold: float
) -> dict[str, float]:
    """Micro precision, recall and F1 at ``threshold``, mean F1 of the classes, and micro F1 at the usual thresholds.

    The class mean is over the pseudo-glosses that a clip of ``source`` holds or is said to hold.
    """
    thresholds = torch.tensor(sorted({threshold, *THRESHOLDS}), device=processes.device)
    counts = torch.zeros(len(thresholds), 3, targets.size, dtype=torch.float64, device=processes.device)
    for batch, real in source.counted():
        batch = batch.to(processes.device)
        scores = head(*task.encode(batch)).scores[real]
        truth = targets.rows(batch.ids)[real].to(scores.device) > 0
        found = scores > thresholds[:, None, None]
        counts += torch.stack([(found & truth).sum(1), (found & ~truth).sum(1), (~found & truth).sum(1)], 1)
    processes.sum(counts)
    by_threshold = {round(value, 6): count for value, count in zip(thresholds.tolist(), counts, strict=True)}
    chosen = by_threshold[round(threshold, 6)]
    present = chosen.sum(0) > 0
    precision, recall, f1 = _rates(chosen.sum(1))
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "class_f1": float(_rates(chosen[:, present])[2].mean()) if present.any() else 0.0,
        **{f"f1_at_{value:g}": float(_rates(by_threshold[value].sum(1))[2]) for value in THRESHOLDS},
    }


def _rates(counts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Precision, recall and F1 of (true positives, false positives, false negatives); 0 where undefined."""
    hits, false, missed = counts
    return (
        hits / (hits + false).clamp(min=1),
        hits / (hits + missed).clamp(min=1),
        2 * hits / (2 * hits + false + missed).clamp(min=1),
    )
