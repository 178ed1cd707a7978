"""Everything that can be wrong before the first step, found in seconds and reported at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.metrics.protocols import protocol
from sign2gpt.model.language.quantised import QUANTISED, quantisable
from sign2gpt.model.sign_model import SignModel
from sign2gpt.training.claim import State, claimed, defaults, identify, look
from sign2gpt.training.config import OptimisationConfig, TrainConfig
from sign2gpt.training.findings import Findings
from sign2gpt.training.job import Job
from sign2gpt.training.measure.footprint import footprint, heaviest

if TYPE_CHECKING:
    from sign2gpt.training.stage import Stage

SPLITS = ("train", "dev")


def check(
    stage: Stage,
    job: Job,
    config: OptimisationConfig,
    processes: int = 1,
    *,
    memory: bool = False,
    coming: str | None = None,
) -> Findings:
    """Checks corpus, texts, what the stage needs, shapes and the output folder.

    Args:
        coming: a run that will be there when the stage begins.
        memory: where nothing stands in the way, also count what the heaviest steps need, in some seconds.
    """
    findings = Findings(stage.name)
    findings.corpus = findings.attempt(lambda: Corpus.open(job.data.corpus, job.data.shards_gb))
    findings.rows = _rows(findings, findings.corpus) if findings.corpus else []
    planned = stage.check(findings, job, config, coming)
    if isinstance(config, TrainConfig):
        texts = [row.text for row in findings.rows]
        findings.attempt(lambda: protocol(job.protocol).check(texts, job.data.corpus))
    model = planned.model
    if model is not None:
        findings.facts["parameters"] = sum(parameter.numel() for parameter in model.parameters())
        _frames(findings, model, job.frames.size)
        language_model, bits = model.language_model, config.frozen_precision
        if language_model is not None and bits in QUANTISED:
            findings.attempt(lambda: quantisable(language_model, bits))
    readable = findings.corpus if all(f"{split} clips" in findings.facts for split in SPLITS) else None
    identity = readable and identify(stage, job, config, readable, processes)
    _output(findings, identity, defaults(job, config), Path(config.output))
    if memory and model is not None and not findings.problems:
        ids = planned.ids or [0] * len(findings.trained)
        loads = heaviest(findings.trained, ids, job, config, processes, model.stride)
        findings.facts["memory in GB"] = round(footprint(stage, model, job, config, loads).total / 1e9, 3)
    return findings


def _rows(findings: Findings, corpus: Corpus) -> list[ClipRow]:
    """The rows of train and dev."""
    found: list[ClipRow] = []
    for split in SPLITS:
        rows = findings.attempt(lambda split=split: corpus.rows(split))
        if rows is None:
            continue
        findings.facts[f"{split} clips"] = len(rows)
        absent = [str(row.path) for row in rows if not row.path.exists()]
        empty = [row.id for row in rows if not row.text.strip()]
        if absent:
            findings.problems.append(f"{len(absent)} clips of {split} are not there: {', '.join(absent[:5])}")
        if empty:
            findings.problems.append(f"{len(empty)} clips of {split} have no text: {', '.join(empty[:5])}")
        if not rows and split in corpus.splits:
            findings.problems.append(f"{corpus.folder / split} holds no clip")
        found += rows
    return found


def _frames(findings: Findings, model: SignModel, size: int) -> None:
    """Whether the model, on the meta device, takes the recipe's frames."""
    frames = torch.empty(1, 3, size, size, device="meta")
    findings.attempt(lambda: model.eval().see(frames))


def _output(findings: Findings, identity: dict[str, Any] | None, usual: dict[str, Any], folder: Path) -> None:
    """Whether the output folder is free or this training's own; without an identity only whether it is a training's."""
    state = findings.attempt(lambda: look(folder, identity, usual) if identity else claimed(folder))
    if isinstance(state, State):
        findings.facts["output"] = f"{folder} ({state.value})"
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        findings.problems.append(f"{folder} cannot be written: {place} is no folder that we may write to")
