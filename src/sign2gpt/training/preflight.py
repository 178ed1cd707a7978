"""Everything that can be wrong before the first step, looked for in seconds and told at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch

from sign2gpt.common.config import build, read_yaml
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.extras import require
from sign2gpt.common.progress import tell
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.fasttext import width
from sign2gpt.data.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.data.taggers import open_tagger
from sign2gpt.metrics.protocols import protocol
from sign2gpt.model.build import FROM_TIMM, build_model
from sign2gpt.model.config import ModelConfig
from sign2gpt.model.hub import ABOUT, RECIPE, read_about
from sign2gpt.model.language_model import weight_files
from sign2gpt.model.quantised import QUANTISED, quantisable
from sign2gpt.model.spatial import SpatialEncoder
from sign2gpt.model.text import Tokenizer
from sign2gpt.training.claim import State, claimed, identify, look
from sign2gpt.training.config import OptimisationConfig, TrainConfig
from sign2gpt.training.footprint import footprint, heaviest
from sign2gpt.training.job import Job

T = TypeVar("T")
Stage = Literal["pretrain", "train"]

SPLITS = ("train", "dev")
SOURCES = "; docs/weights.md says where it comes from"
VISUAL_KEYS = ("width", "heads", "layers", "window", "downsample", "mlp")
SPATIAL_KEYS = ("backbone", "backbone_args")
"""Keys of the model, and of its spatial part, that a training shares with the run that it starts from."""


@dataclass
class Findings:
    """What was looked at, what stands in the way (problems) and what one should know (warnings)."""

    stage: Stage
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def attempt(self, work: Callable[[], T]) -> T | None:
        """What ``work`` returns; its mistake becomes a problem, and None."""
        try:
            return work()
        except UserError as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))
            return None

    def report(self) -> None:
        """Tells the warnings on stderr.

        Raises:
            UserError: something stands in the way.
        """
        problems = Problems(self.stage)
        problems.extend(self.problems)
        problems.raise_if_any()
        tell([f"{self.stage}: {warning}" for warning in self.warnings])


def check(
    stage: Stage,
    job: Job,
    config: OptimisationConfig,
    processes: int = 1,
    *,
    memory: bool = False,
    coming: str | None = None,
) -> Findings:
    """Looks at corpus, pseudo-glosses, vectors, language model, texts, shapes and the output folder.

    Args:
        coming: a run that will be there when the stage begins.
        memory: where nothing stands in the way, also count what the heaviest steps need, in some seconds.
    """
    findings = Findings(stage)
    ids: list[int] = []
    corpus = findings.attempt(lambda: Corpus.open(job.data.corpus, job.data.shards_gb))
    rows = _rows(findings, corpus) if corpus else []
    if isinstance(config, TrainConfig):
        head = _start(findings, job, config, coming)
        if head and corpus and (corpus.folder / FILE).exists():  # the head is measured on dev where they are there
            _pseudo_glosses(findings, corpus, rows, job)
        ids = _texts(findings, job, rows)
        findings.attempt(lambda: protocol(job.protocol).check([row.text for row in rows], job.data.corpus))
    else:
        glosses = _pseudo_glosses(findings, corpus, rows, job) if corpus else None
        head = len(glosses.vocabulary) if glosses else None
        _vectors(findings, job)
    _backbone_weights(findings, job, begun=isinstance(config, TrainConfig) and config.init is not None)
    model = findings.attempt(lambda: build_model(job.model, glosses=head, decoder=stage == "train", device="meta"))
    if model is not None:
        findings.facts["parameters"] = sum(parameter.numel() for parameter in model.parameters())
        _frames(findings, model.spatial, job.frames.size)
        decoder, bits = model.decoder, config.frozen_precision
        if decoder is not None and bits in QUANTISED:
            findings.attempt(lambda: quantisable(decoder, bits))
    readable = corpus if all(f"{split} clips" in findings.facts for split in SPLITS) else None
    _output(findings, readable and identify(stage, job, config, readable, processes), Path(config.output))
    if memory and model is not None and not findings.problems:
        trained = [row for row in rows if row.split == "train"]
        loads = heaviest(trained, ids or [0] * len(trained), job, config, processes)
        findings.facts["memory in GB"] = round(footprint(model, job, config, loads).total / 1e9, 3)
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


def _pseudo_glosses(findings: Findings, corpus: Corpus, rows: list[ClipRow], job: Job) -> PseudoGlosses | None:
    glosses = findings.attempt(lambda: PseudoGlosses.open(corpus.folder))
    if glosses is None:
        findings.attempt(lambda: open_tagger(job.data.tagger, corpus.info.language))  # to make them takes its extra
        return None
    findings.facts["pseudo-glosses"] = len(glosses.vocabulary)
    without = [row.id for row in rows if row.id not in glosses.clips]
    if without:
        findings.problems.append(
            f"{len(without)} clips have no pseudo-glosses (such as {', '.join(without[:3])}): "
            f"the corpus is newer than they; run `sign2gpt glosses {corpus.folder}` again"
        )
    tagger = job.data.tagger
    if tagger is not None and tagger != glosses.tagger:
        findings.problems.append(
            f"data.tagger is {tagger}, but the pseudo-glosses of {corpus.folder} are by {glosses.tagger}: "
            f"run `sign2gpt glosses {corpus.folder} --tagger {tagger}`"
        )
    for key, made in (("max_share", glosses.max_share), ("vocabulary_splits", glosses.splits)):
        wanted = getattr(job.data, key)
        if findings.stage == "pretrain" and wanted != made:
            findings.problems.append(
                f"data.{key} is {wanted}, but the pseudo-glosses of {corpus.folder} were made with {made}: "
                f"set it to that, or make them again with `sign2gpt glosses {corpus.folder} --recipe RECIPE`"
            )
    if not glosses.vocabulary:
        findings.problems.append(f"{corpus.folder}: no pseudo-gloss is a target; see data.max_share and data.tagger")
    return glosses


def _backbone_weights(findings: Findings, job: Job, *, begun: bool) -> None:
    """Whether the backbone's published weights are there.

    Args:
        begun: its weights come from a run.
    """
    part = job.model.spatial
    weights = part.weights
    if weights not in (None, FROM_TIMM) and not Path(weights).is_file():
        findings.problems.append(f"model.spatial.weights {weights}: no such file{SOURCES}")
    if weights is None and part.train != "full" and not begun:
        findings.warnings.append("model.spatial.weights is none: what of the backbone is frozen stays as it was drawn")


def _vectors(findings: Findings, job: Job) -> None:
    file = job.data.vectors.file
    if file is not None and not Path(file).is_file():
        findings.problems.append(f"data.vectors.file {file}: no such file{SOURCES}")
        return
    if file is None:
        findings.attempt(lambda: require("gensim.models.fasttext", "vectors"))
    key = "data.vectors.dim" if file is None else f"the width of {file}"
    wide = job.data.vectors.dim if file is None else findings.attempt(lambda: width(Path(file)))
    dim = job.model.prototypes.dim
    if wide is not None and wide != dim:
        findings.problems.append(f"{key} is {wide}, but model.prototypes.dim is {dim}: make them the same")


def _start(findings: Findings, job: Job, config: TrainConfig, coming: str | None) -> int | None:
    """The run that the training starts from; returns the size of its pretraining head."""
    if config.init is None:
        if config.freeze:
            findings.problems.append("train.freeze without train.init would freeze untrained weights; give a run")
        return None
    folder = Path(config.init)
    if config.init == coming and not (folder / ABOUT).is_file():
        there = "is interrupted: `pretrain` resumes it" if folder.exists() else "is not there yet: `pretrain` makes it"
        findings.warnings.append(f"train.init {config.init} {there}")
        return None
    about = findings.attempt(lambda: read_about(folder))
    if about is None:
        return None
    theirs = findings.attempt(
        lambda: build(ModelConfig, read_yaml(folder / RECIPE).get("model", {}), where=str(folder))
    )
    before, now = _shared(theirs or job.model), _shared(job.model)
    for key, value in now.items():
        if before[key] != value:
            findings.problems.append(f"model.{key} is {value}, but train.init {config.init} has {before[key]}")
    return len(about.glosses) if about.glosses else None


def _shared(model: ModelConfig) -> dict[str, Any]:
    """Values of `VISUAL_KEYS` and `SPATIAL_KEYS`."""
    spatial = {f"spatial.{key}": getattr(model.spatial, key) for key in SPATIAL_KEYS}
    return {key: getattr(model, key) for key in VISUAL_KEYS} | spatial


def _frames(findings: Findings, spatial: SpatialEncoder, size: int) -> None:
    """Whether the backbone, on the meta device, takes the recipe's frames."""
    frames = torch.empty(1, 3, size, size, device="meta")
    findings.attempt(lambda: spatial.eval().class_tokens(frames))


def _texts(findings: Findings, job: Job, rows: list[ClipRow]) -> list[int]:
    """Whether the language model can be read and gives the training texts back; returns the ids of each."""
    decoder = job.model.decoder
    tokenizer = findings.attempt(lambda: Tokenizer.open(decoder.language_model, decoder))
    texts = [row.text for row in rows if row.split == "train"]
    if tokenizer is None or not texts:
        return []
    if Path(decoder.language_model).is_dir() and not decoder.random_weights:
        findings.attempt(lambda: weight_files(Path(decoder.language_model)))
    for key, value in (("start_id", tokenizer.start_id), ("end_id", tokenizer.end_id)):
        if not 0 <= value < tokenizer.sizes.vocabulary:
            known = tokenizer.sizes.vocabulary
            findings.problems.append(f"model.decoder.{key} is {value}, but the language model has {known} ids from 0")
    new = tokenizer.add_missing(texts)
    findings.facts["new tokens"] = len(new)
    ids, labels = tokenizer.encode(texts)
    lost = [
        text
        for text, row in zip(texts, labels, strict=True)
        if tokenizer.decode([int(i) for i in row if i >= 0][:-1]) != text
    ]
    if lost:
        findings.warnings.append(f"the tokenizer does not give back {len(lost)} training texts, such as: {lost[0]}")
    findings.facts["longest text in ids"] = ids.shape[1]
    return (labels >= 0).sum(1).tolist()


def _output(findings: Findings, identity: dict[str, Any] | None, folder: Path) -> None:
    """Whether the output folder is free or this training's own; without an identity only whether it is a training's."""
    state = findings.attempt(lambda: look(folder, identity) if identity else claimed(folder))
    if isinstance(state, State):
        findings.facts["output"] = f"{folder} ({state.value})"
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not (place.is_dir() and os.access(place, os.W_OK)):
        findings.problems.append(f"{folder} cannot be written: {place} is no folder that we may write to")
