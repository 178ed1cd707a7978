"""What can be wrong before Sign2GPT's stages begin: pseudo-glosses, vectors, weights, texts, the run to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sign2gpt.common.config import build, read_yaml
from sign2gpt.common.installation import require
from sign2gpt.data.glosses.fasttext import width
from sign2gpt.data.glosses.pseudo_glosses import PseudoGlosses
from sign2gpt.data.glosses.taggers import open_tagger
from sign2gpt.model.config import FROM_TIMM
from sign2gpt.model.language.language_model import weight_files
from sign2gpt.model.language.tokenizer import Tokenizer
from sign2gpt.model.runs.run import ABOUT, RECIPE, read_about
from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig, TranslationConfig
from sign2gpt.training.findings import Findings
from sign2gpt.training.job import Job

SOURCES = "; docs/weights.md says where it comes from"
VISUAL_KEYS = ("width", "heads", "layers", "window", "downsample", "mlp")
SPATIAL_KEYS = ("backbone", "backbone_args")
"""Keys of the model, and of its spatial part, that a training shares with the run that it starts from."""


def check_pseudo_glosses(findings: Findings, job: Job) -> PseudoGlosses | None:
    """Whether all clips have pseudo-glosses, made as the recipe asks for them."""
    corpus = findings.corpus
    if corpus is None:
        return None
    glosses = findings.attempt(lambda: PseudoGlosses.open(corpus.folder))
    if glosses is None:
        findings.attempt(lambda: open_tagger(job.data.tagger, corpus.info.language))  # to make them takes its extra
        return None
    findings.facts["pseudo-glosses"] = len(glosses.vocabulary)
    without = [row.id for row in findings.rows if row.id not in glosses.clips]
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


def check_backbone(findings: Findings, config: Sign2GPTConfig, *, begun: bool) -> None:
    """Whether the backbone's published weights are there.

    Args:
        begun: its weights come from a run.
    """
    part = config.spatial
    weights = part.weights
    if weights not in (None, FROM_TIMM) and not Path(weights).is_file():
        findings.problems.append(f"model.spatial.weights {weights}: no such file{SOURCES}")
    if weights is None and part.train != "full" and not begun:
        findings.warnings.append("model.spatial.weights is none: what of the backbone is frozen stays as it was drawn")


def check_vectors(findings: Findings, job: Job, config: Sign2GPTConfig) -> None:
    """Whether word vectors can be read or trained, in the width of the prototypes."""
    file = job.data.vectors.file
    if file is not None and not Path(file).is_file():
        findings.problems.append(f"data.vectors.file {file}: no such file{SOURCES}")
        return
    if file is None:
        findings.attempt(lambda: require("gensim.models.fasttext", "vectors"))
    key = "data.vectors.dim" if file is None else f"the width of {file}"
    wide = job.data.vectors.dim if file is None else findings.attempt(lambda: width(Path(file)))
    dim = config.prototypes.dim
    if wide is not None and wide != dim:
        findings.problems.append(f"{key} is {wide}, but model.prototypes.dim is {dim}: make them the same")


def check_start(
    findings: Findings, model: Sign2GPTConfig, config: TranslationConfig, coming: str | None
) -> list[str] | None:
    """The run that the training starts from; returns what its pretraining head tells apart."""
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
        lambda: build(Sign2GPTConfig, read_yaml(folder / RECIPE).get("model", {}), where=str(folder))
    )
    before, now = _shared(theirs or model), _shared(model)
    for key, value in now.items():
        if before[key] != value:
            findings.problems.append(f"model.{key} is {value}, but train.init {config.init} has {before[key]}")
    return about.glosses or None


def _shared(model: Sign2GPTConfig) -> dict[str, Any]:
    """Values of `VISUAL_KEYS` and `SPATIAL_KEYS`."""
    spatial = {f"spatial.{key}": getattr(model.spatial, key) for key in SPATIAL_KEYS}
    return {key: getattr(model, key) for key in VISUAL_KEYS} | spatial


def check_texts(findings: Findings, config: Sign2GPTConfig) -> tuple[Tokenizer | None, list[int]]:
    """Whether the language model gives the training texts back; its tokenizer, and how many ids each text has."""
    decoder = config.decoder
    tokenizer = findings.attempt(lambda: Tokenizer.open(decoder.language_model, decoder))
    texts = [row.text for row in findings.trained]
    if tokenizer is None or not texts:
        return tokenizer, []
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
    return tokenizer, (labels >= 0).sum(1).tolist()
