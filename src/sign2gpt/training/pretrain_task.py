"""Pseudo-gloss pretraining (MODEL.md 4): which pseudo-glosses does a clip hold?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import SignBatch
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.training.losses import presence_loss
from sign2gpt.training.tasks import Source, encode

THRESHOLDS = (0.2, 0.5)


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


class PretrainTask:
    chooses = "class_f1"

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
        self.model, self.source, self.dev = model, source, dev
        self.targets, self.processes = targets, processes
        self.scale, self.threshold = scale, threshold

    def train(self) -> None:
        self.model.train()

    def count(self, batch: SignBatch) -> int:
        return len(batch.ids) * self.targets.size

    def losses(self, batch: SignBatch) -> torch.Tensor:
        scores = presence_scores(self.model, batch)
        return presence_loss(scores, self.targets.rows(batch.ids).to(scores.device), self.scale)

    def after_step(self) -> None: ...

    def evaluate(self) -> dict[str, float]:
        return measure_presence(self.model, self.dev, self.targets, self.processes, self.threshold)


def presence_scores(model: Sign2GPT, batch: SignBatch) -> torch.Tensor:
    """(B, V) presence of each pseudo-gloss in each clip."""
    assert model.prototypes is not None
    return model.prototypes(*encode(model, batch)).scores


@torch.no_grad()
def measure_presence(
    model: Sign2GPT, source: Source, targets: Targets, processes: Processes, threshold: float
) -> dict[str, float]:
    """Micro precision, recall and F1 at ``threshold``, mean F1 of the classes, and micro F1 at the usual thresholds.

    The class mean is over the pseudo-glosses that a clip of ``source`` holds or is said to hold.
    """
    thresholds = torch.tensor(sorted({threshold, *THRESHOLDS}), device=processes.device)
    counts = torch.zeros(len(thresholds), 3, targets.size, dtype=torch.float64, device=processes.device)
    for batch, real in source.counted():
        scores = presence_scores(model, batch.to(processes.device))[real]
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
