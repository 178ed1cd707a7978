"""The two stages: from a recipe's parts and a corpus to a finished run folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sign2gpt.common.seeds import draw
from sign2gpt.data.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.data.vectors import word_vectors
from sign2gpt.model.build import build_model
from sign2gpt.model.config import ModelConfig
from sign2gpt.model.hub import LANGUAGE_MODEL, About, read_about, start_from, visual_weights
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.text import Tokenizer
from sign2gpt.training.config import PretrainConfig, TrainConfig
from sign2gpt.training.features import feature_source
from sign2gpt.training.job import Job
from sign2gpt.training.loop import Loop
from sign2gpt.training.optim import freeze
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
    with place.claimed() as unfinished:
        if unfinished:
            _pretrain(place, job, config)
    return place.folder


def _pretrain(place: Workplace, job: Job, config: PretrainConfig) -> None:
    task, glosses = pretrain_task(place, job, config)
    figures = Loop(task, config, place.folder, job.seed, place.processes).run("pretrain")
    place.save(task.model, stage="pretrain", glosses=glosses, figures={"dev": figures})


def pretrain_task(place: Workplace, job: Job, config: PretrainConfig) -> tuple[PretrainTask, list[str]]:
    """The task of pretraining, and the pseudo-glosses that its head tells apart."""
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
    return task, glosses.vocabulary


def train(job: Job, config: TrainConfig) -> Path:
    """Trains to translate, in one of the paper's three settings; returns the run folder as `pretrain` does.

    Without ``init``: Sign2GPT; from a pretraining: w/PGP; with the visual parts frozen: Sign(Z).

    Raises:
        UserError: as `pretrain`.
    """
    place = Workplace("train", job, config)
    with place.claimed() as unfinished:
        if unfinished:
            _train(place, job, config)
    return place.folder


def _train(place: Workplace, job: Job, config: TrainConfig) -> None:
    task, glosses = translate_task(place, job, config)
    before = visual_weights(task.model)
    measure = partial(presence_on_dev, place, task.model, task.dev, glosses)
    presence = [measure()]
    figures = Loop(task, config, place.folder, job.seed, place.processes).run("train")
    presence.append(measure())
    place.save(
        task.model,
        stage="translate",
        glosses=glosses,
        figures={"dev": figures, "presence": presence},
        tokenizer=task.tokenizer,
        localizer=before if fallen(presence) else None,
    )


def translate_task(place: Workplace, job: Job, config: TrainConfig) -> tuple[TranslateTask, list[str] | None]:
    """The task of translation, and the pseudo-glosses of the head that its model carries along, if it does."""
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
    frozen = freeze(model, config.freeze)
    place.place(model)
    source, dev = sources(place, model, config)
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
    return task, glosses


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
    if config.reads_features:
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
