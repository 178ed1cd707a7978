"""Translation (MODEL.md 5): which sentence does a clip say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn

from sign2gpt.common.processes import Processes
from sign2gpt.common.seeds import draw
from sign2gpt.data.batch import SignBatch, SignSample
from sign2gpt.data.glosses.pseudo_glosses import FILE, PseudoGlosses
from sign2gpt.metrics.scores import score
from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.decoding.generation import generate
from sign2gpt.model.decoding.hypotheses import Hypothesis
from sign2gpt.model.language.language_model import Sizes
from sign2gpt.model.language.tokenizer import Tokenizer
from sign2gpt.model.runs.run import LANGUAGE_MODEL, About, Finished, read_about, start_from
from sign2gpt.model.sign_model import Encoded, SignModel, encoder_weights
from sign2gpt.systems.sign2gpt.checks import check_backbone, check_pseudo_glosses, check_start, check_texts
from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig, TranslationConfig
from sign2gpt.systems.sign2gpt.model import Sign2GPT, build_model
from sign2gpt.systems.sign2gpt.pretraining import (
    THRESHOLDS,
    measure_presence,
    sign2gpt_config,
    targets_of,
    without_weights,
)
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.features import feature_source
from sign2gpt.training.findings import Findings
from sign2gpt.training.job import Job
from sign2gpt.training.losses import sentence_loss
from sign2gpt.training.measure.rehearsal import SyntheticText
from sign2gpt.training.optim import freeze
from sign2gpt.training.stage import Planned, Stage, StageContext
from sign2gpt.training.task import Source, Task

FALLEN = 0.1
"""A head whose F1 fell by more than this in translation training keeps its pretrained encoder with the run."""


class TranslationTraining(Stage):
    """Without ``init``: Sign2GPT; from a pretraining: w/PGP; with the encoder frozen: Sign(Z)."""

    name = "train"

    def check(self, findings: Findings, job: Job, config: OptimisationConfig, coming: str | None) -> Planned:
        assert isinstance(config, TranslationConfig)
        model = sign2gpt_config(job)
        glosses = check_start(findings, model, config, coming)
        if glosses and findings.corpus and (findings.corpus.folder / FILE).exists():  # the head is measured on dev
            check_pseudo_glosses(findings, job)
        tokenizer, ids = check_texts(findings, model)
        check_backbone(findings, model, begun=config.init is not None)
        head = len(glosses) if glosses else None
        built = findings.attempt(
            lambda: build_model(model, glosses=head, decoder=True, tokenizer=tokenizer, device="meta")
        )
        return Planned(built, ids)

    def weights(self, job: Job, config: OptimisationConfig) -> dict[str, str | None]:
        assert isinstance(config, TranslationConfig)
        return {"language model": sign2gpt_config(job).decoder.language_model, "init": config.init}

    def task(self, context: StageContext) -> TranslateTask:
        job, config, model = context.job, context.config, sign2gpt_config(context.job)
        assert isinstance(config, TranslationConfig)
        init = None if config.init is None else Path(config.init)
        about = None if init is None else read_about(init)
        tokenizer = open_tokenizer(model, init, about)
        tokenizer.add_missing([row.text for row in context.train])
        glosses = about.glosses if about else None
        built = build_model(
            model, glosses=len(glosses) if glosses else None, decoder=True, tokenizer=tokenizer, seed=job.seed
        )
        if init:
            start_from(built, init)
        frozen = freeze(built, config.freeze)
        freeze(built, ["prototypes"] if built.prototypes else [])  # it stays as it was
        context.prepare(built)
        source, dev = sources(context, built)
        return TranslateTask(
            built,
            source,
            dev,
            tokenizer,
            context.processes,
            decoding=model.decoding,
            protocol=job.protocol,
            smoothing=config.label_smoothing,
            gate_range=config.gate_range,
            frozen=frozen,
        )

    def run(self, context: StageContext) -> None:
        task = self.task(context)
        before, presence = encoder_weights(task.model), [presence_on_dev(context, task)]
        figures = context.fit(task)
        presence.append(presence_on_dev(context, task))
        finished = self.finished(context, task, figures)
        info = finished.info | {"presence": presence}
        context.save(task.model, replace(finished, info=info, localizer=before if fallen(presence) else None))

    def finished(self, context: StageContext, task: Task, figures: dict[str, float]) -> Finished:
        assert isinstance(task, TranslateTask)
        assert isinstance(task.tokenizer, Tokenizer)
        glosses = glosses_of(context)
        return Finished(self.name, glosses=glosses, info={"dev": figures}, tokenizer=task.tokenizer)

    def synthetic_model(self, job: Job, language_model: Sizes | None = None, device: str = "cpu") -> Sign2GPT:
        model = without_weights(job)
        return build_model(model, glosses=None, decoder=True, sizes=language_model, seed=job.seed, device=device)

    def synthetic_task(
        self, job: Job, config: OptimisationConfig, model: SignModel, source: Source, clips: list[SignSample], ids: int
    ) -> TranslateTask:
        assert isinstance(model, Sign2GPT)
        assert model.decoder is not None
        assert isinstance(config, TranslationConfig)
        frozen = freeze(model, config.freeze)
        freeze(model, ["prototypes"] if model.prototypes else [])
        return TranslateTask(
            model,
            source,
            source,
            SyntheticText(ids, model.decoder.sizes.vocabulary),
            Processes(),
            decoding=job.model.decoding,
            protocol=job.protocol,
            smoothing=config.label_smoothing,
            gate_range=config.gate_range,
            frozen=frozen,
        )


class Written(NamedTuple):
    """A dev clip's sentence: as it was written, its reference, and the mean log-probability of its ids and its end."""

    hypothesis: str
    reference: str
    log_probability: float


class TranslateTask(Task):
    """Label-smoothed cross entropy; chosen by BLEU-4 of dev sentences written freely, none of the reference shown.

    Args:
        protocol: text protocol of the score.
        smoothing: share of the target that is spread over the vocabulary.
        gate_range: limits of the stored gates; none: they wander freely.
        frozen: parts of the model that stay as they are.
    """

    chooses = "bleu4"
    model: Sign2GPT

    def __init__(
        self,
        model: Sign2GPT,
        source: Source,
        dev: Source,
        tokenizer: Tokenizer | SyntheticText,
        processes: Processes,
        *,
        decoding: DecodingConfig,
        protocol: str,
        smoothing: float,
        gate_range: tuple[float, float] | None,
        frozen: Sequence[nn.Module] = (),
    ) -> None:
        assert model.decoder is not None
        self.model, self.decoder, self.tokenizer = model, model.decoder, tokenizer
        self.source, self.dev, self.processes = source, dev, processes
        self.decoding, self.protocol = decoding, protocol
        self.smoothing, self.gate_range = smoothing, gate_range
        self.frozen = frozen

    def train(self) -> None:
        self.model.train()
        for part in self.frozen:
            part.eval()

    def count(self, batch: SignBatch) -> int:
        return int((self.tokenizer.encode(batch.texts)[1] >= 0).sum())

    def losses(self, batch: SignBatch, encoded: Encoded) -> torch.Tensor:
        ids, labels = self.tokenizer.encode(batch.texts)
        decoder = self.decoder
        hidden = decoder.hidden(ids.to(encoded.z.device), decoder.remember(*encoded))
        return sentence_loss(decoder.predict, hidden, labels, self.smoothing, new_tokens=decoder.new_tokens)

    def after_step(self) -> None:
        """Brings the stored values of the gates back into their range."""
        if self.gate_range is None:
            return
        with torch.no_grad():
            for name in self.decoder.gate_names:
                self.decoder.get_parameter(name).clamp_(*self.gate_range)

    def log(self) -> dict[str, Any]:
        return {"gates": self.model.gates()}

    def evaluate(self) -> dict[str, float]:
        """BLEU-4, the loss of a sentence and how sure the least sure one is: of dev, which all processes decode."""
        written, loss = self.translations()
        hypotheses, references, sure = zip(*written, strict=True)
        card = score(hypotheses, references, self.protocol, bootstrap=0)
        figures = {"bleu4": card["bleu4"].score, "rouge_l": card["rouge_l"].score, "loss": loss}
        return figures | {"lowest_log_probability": round(min(sure), 5)}

    def translations(self) -> tuple[list[Written], float]:
        """What was written of every dev clip, of all processes, and the mean loss of a sentence."""
        written: list[Written] = []
        totals = torch.zeros(2, dtype=torch.float64, device=self.processes.device)
        for batch, real in self.dev.counted():
            encoded = self.encode(batch.to(self.processes.device))
            losses = self.losses(batch, encoded)[real]
            totals += torch.stack([losses.sum().double(), totals.new_tensor(len(real))])
            found = generate(self.decoder, self.decoder.remember(*encoded), self.decoding)
            written += [self._written(found[at][0], batch.texts[at]) for at in real]
        loss, clips = self.processes.sum(totals).tolist()
        return self.processes.gather(written), loss / clips

    def _written(self, best: Hypothesis, reference: str) -> Written:
        sure = best.log_probability / (len(best.ids) + 1)
        return Written(self.tokenizer.decode(best.ids), reference, sure)


def sources(context: StageContext, model: Sign2GPT) -> tuple[Source, Source]:
    """Train and dev (as many clips as asked for): clips, or their features where nothing before them trains."""
    config, dev = context.config, context.dev
    assert isinstance(config, TranslationConfig)
    if config.dev_clips is not None and config.dev_clips < len(dev):
        dev = draw(context.job.seed, "dev clips").sample(dev, config.dev_clips)
    if config.reads_features:
        return (
            feature_source(context, model, "train", context.train, shuffle=True),
            feature_source(context, model, "dev", dev, shuffle=False),
        )
    return (
        context.source(context.clips(context.train, train=True), shuffle=True),
        context.source(context.clips(dev, train=False), shuffle=False),
    )


def presence_on_dev(context: StageContext, task: TranslateTask) -> dict[str, float] | None:
    """How well the head that the run keeps finds pseudo-glosses on dev; None without head or pseudo-glosses."""
    glosses, head = glosses_of(context), task.model.prototypes
    if glosses is None or head is None or not (context.corpus.folder / FILE).exists():
        return None
    targets = targets_of(PseudoGlosses.open(context.corpus.folder), glosses)
    task.model.eval()
    return measure_presence(task, head, task.dev, targets, context.processes, min(THRESHOLDS))


def glosses_of(context: StageContext) -> list[str] | None:
    """The pseudo-glosses of the run that the training starts from."""
    config = context.config
    assert isinstance(config, TranslationConfig)
    return read_about(Path(config.init)).glosses if config.init else None


def fallen(presence: list[dict[str, float] | None]) -> bool:
    """Whether the head finds much less after the translation training than before."""
    before, after = (found["f1"] if found else 0.0 for found in presence)
    return before - after > FALLEN


def open_tokenizer(config: Sign2GPTConfig, init: Path | None, about: About | None) -> Tokenizer:
    """The tokenizer of the translation run that the training starts from, else the language model's."""
    if init is not None and about is not None and about.stage == "train":
        return Tokenizer.open(init / LANGUAGE_MODEL, config.decoder)
    return Tokenizer.open(config.decoder.language_model, config.decoder)
