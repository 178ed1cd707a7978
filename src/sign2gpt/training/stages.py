"""The two stages: from a recipe's parts and a corpus to a finished run folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from torch import nn

from sign2gpt.common.seeds import draw
from sign2gpt.data.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.data.vectors import word_vectors
from sign2gpt.model.build import build_model
from sign2gpt.model.config import ModelConfig
from sign2gpt.model.hub import LANGUAGE_MODEL, VISUAL, About, read_about, start_from, visual_weights
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.text import Tokenizer
from sign2gpt.training.config import PretrainConfig, TrainConfig
from sign2gpt.training.features import feature_source
from sign2gpt.training.job import Job
from sign2gpt.training.loop import Loop
from sign2gpt.training.pretrain_task import THRESHOLDS, PretrainTask, Targets, measure_presence
from sign2gpt.training.tasks import Source
from sign2gpt.training.translate_task import TranslateTask
from sign2gpt.training.workplace import Workplace

FALLEN = 0.1
"""A head whose F1 fell by more than this in translation training keeps its pretrained encoder beside the run."""


def pretrain(job: Job, config: PretrainConfig) -> Path:
    """Pretrains on pseudo-glosses; returns the run folder, left alone where it is finished already.

    Raises:
        UserError: all that stands in the way before the first step, or a loss that is not finite.
    """
    place = Workplace("pretrain", job, config)
    if not place.claim():
        return place.folder
    glosses = PseudoGlosses.open(place.corpus.folder)
    vectors = word_vectors(glosses.vocabulary, job.data.vectors, [row.text for row in place.train], job.seed)
    model = build_model(job.model, glosses=len(glosses.vocabulary), decoder=False, vectors=vectors, seed=job.seed)
    task = PretrainTask(
        place.place(model),
        place.source(place.clips(place.train, train=True), shuffle=True),
        place.source(place.clips(place.dev, train=False), shuffle=False),
        targets_of(glosses, glosses.vocabulary),
        place.processes,
        scale=job.model.prototypes.loss_scale,
        threshold=config.threshold,
    )
    figures = Loop(task, config, place.folder, job.seed, place.processes).run("pretrain")
    place.save(model, stage="pretrain", glosses=glosses.vocabulary, figures={"dev": figures})
    return place.folder


def train(job: Job, config: TrainConfig) -> Path:
    """Trains to translate, in one of the paper's three settings; returns the run folder as `pretrain` does.

    Without ``init``: Sign2GPT; from a pretraining: w/PGP; with the visual parts frozen: Sign(Z).

    Raises:
        UserError: as `pretrain`.
    """
    place = Workplace("train", job, config)
    if not place.claim():
        return place.folder
    init = None if config.init is None else Path(config.init)
    about = None if init is None else read_about(init)
    tokenizer = open_tokenizer(job.model, init, about)
    tokenizer.add_missing([row.text for row in place.train])
    glosses = about.glosses if about else None
    model = build_model(
        job.model,
        glosses=len(glosses) if glosses else None,
        decoder=True,
        sizes=tokenizer.sizes,
        new_tokens=tokenizer.new_tokens,
        seed=job.seed,
    )
    if init:
        start_from(model, init)
    before = visual_weights(model)
    frozen = freeze(model, config.freeze)
    place.place(model)
    source, dev = sources(place, model, config)
    measure = partial(presence_on_dev, place, model, dev, glosses)
    presence = [measure()]
    task = TranslateTask(
        model,
        source,
        dev,
        tokenizer,
        place.processes,
        decoding=job.model.decoding,
        protocol=job.protocol,
        smoothing=config.label_smoothing,
        gate_range=config.gate_range,
        frozen=frozen,
    )
    figures = Loop(task, config, place.folder, job.seed, place.processes).run("train")
    presence.append(measure())
    place.save(
        model,
        stage="translate",
        glosses=glosses,
        figures={"dev": figures, "presence": presence},
        tokenizer=tokenizer,
        localizer=before if fallen(presence) else None,
    )
    return place.folder


def targets_of(glosses: PseudoGlosses, vocabulary: list[str]) -> Targets:
    """Each clip's pseudo-glosses as places in ``vocabulary``, which may be another corpus'."""
    places = {word: place for place, word in enumerate(vocabulary)}
    found = {clip: [places[word] for word in words] for clip, words in glosses.targets(vocabulary).items()}
    return Targets(found, len(vocabulary))


def sources(place: Workplace, model: Sign2GPT, config: TrainConfig) -> tuple[Source, Source]:
    """Train and dev (as many clips as asked for): clips, or their features where nothing before them trains."""
    dev = place.dev
    if config.dev_clips is not None and config.dev_clips < len(dev):
        dev = draw(place.job.seed, "dev clips").sample(dev, config.dev_clips)
    if set(config.freeze) >= set(VISUAL):
        return (
            feature_source(place, model, "train", place.train, shuffle=True),
            feature_source(place, model, "dev", dev, shuffle=False),
        )
    return (
        place.source(place.clips(place.train, train=True), shuffle=True),
        place.source(place.clips(dev, train=False), shuffle=False),
    )


def presence_on_dev(
    place: Workplace, model: Sign2GPT, dev: Source, glosses: list[str] | None
) -> dict[str, float] | None:
    """How well the head that is carried along finds pseudo-glosses on dev; None without head or pseudo-glosses."""
    if glosses is None or not (place.corpus.folder / FILE).exists():
        return None
    targets = targets_of(PseudoGlosses.open(place.corpus.folder), glosses)
    model.eval()
    return measure_presence(model, dev, targets, place.processes, min(THRESHOLDS))


def fallen(presence: list[dict[str, float] | None]) -> bool:
    """Whether the head finds much less after the translation training than before."""
    before, after = (found["f1"] if found else 0.0 for found in presence)
    return before - after > FALLEN


def open_tokenizer(config: ModelConfig, init: Path | None, about: About | None) -> Tokenizer:
    """The tokenizer of the translation run that is gone on from, else the language model's."""
    if init is not None and about is not None and about.stage == "translate":
        return Tokenizer.open(init / LANGUAGE_MODEL, config.decoder)
    return Tokenizer.open(config.decoder.language_model, config.decoder)


def freeze(model: Sign2GPT, parts: Sequence[str]) -> list[nn.Module]:
    """Stops the gradients of these parts, and of the pretraining head, which is carried along as it was."""
    frozen = [model.get_submodule(part) for part in parts]
    head = [] if model.prototypes is None else [model.prototypes]
    for module in [*frozen, *head]:
        module.requires_grad_(False)
    return frozen
