"""The demo: the whole method on synthetic video, from an empty folder to a report, two trainings at a time.

Each stage is timed; a stage that was stopped resumes, and a finished one is left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sign2gpt.evaluation.record import Record
    from sign2gpt.evaluation.results import ReportedRun
    from sign2gpt.recipe import Recipe

LONG = "no_pretraining_long"
VARIANTS = {
    "translate": ("Sign2GPT (w/PGP)", "starts from the pretraining"),
    "no_pretraining": ("Sign2GPT", "no pretraining, the same recipe and translation steps"),
    "frozen_features": ("Sign(Z)2GPT (w/PGP)", "features of the pretrained encoder, computed once"),
    LONG: ("Sign2GPT, longer", "no pretraining, as many steps as both stages together"),
}
"""The settings that are compared, by run: title, and what it changes."""
HEADINGS = {
    "corpus": "Corpus: the signer renders its clips",
    "pseudo_glosses": "Pseudo-glosses from the sentences",
    "language_model": "Language model: learns the sentences, then stays frozen",
    "pretrain": "Pretraining: which pseudo-glosses does a clip hold? Meanwhile: language model, then other variants",
} | {name: f"Translation: {title}, {about}" for name, (title, about) in VARIANTS.items()}
EVALUATE = "evaluate_"
SECOND_PROCESS = ("language_model", "no_pretraining", EVALUATE + "no_pretraining")
"""Stages of a second process, during the pretraining."""
AFTER_PRETRAINING = ("frozen_features", EVALUATE + "frozen_features")
"""Stages of the second process that need the pretraining."""
WAITING = "waiting_for_second_process"
TIMINGS, SECOND_TIMINGS = Path("timings.json"), Path("logs", "second_process.json")
UNSEEN = "test_unseen_signer"


@dataclass(frozen=True)
class Demo:
    """The stages of a demo, in one folder.

    Args:
        recipe: its name or file, changed by ``overrides``.
        annotations: folder of the sentences that the recipe signs, where it signs a real corpus'.
        full: also train without pretraining for as many steps as both stages together.
        timings: file of the folder with the seconds of each stage.
    """

    recipe: str
    folder: Path
    overrides: tuple[str, ...] = ()
    annotations: Path | None = None
    full: bool = False
    timings: Path = TIMINGS

    def run(self) -> None:
        """Takes every stage, then writes ``scores.json`` and ``report.html``.

        Raises:
            UserError: another command writes to the folder, or a stage cannot be done.
        """
        from sign2gpt.common.locks import LOCK, locked
        from sign2gpt.common.timings import finished

        self.load()  # a mistake in the recipe is found before the folder is made
        with locked(self.folder, self.folder / LOCK):
            for stage in ("corpus", "pseudo_glosses"):
                self.take(stage)
            if not finished(self.folder / TIMINGS, WAITING):
                self._two_at_a_time()
            if self.full:
                self.take(LONG)
                self.take(EVALUATE + LONG)
            _write_results(self)

    def load(self, changes: list[str] | None = None) -> Recipe:
        """The recipe with every folder inside this one, and ``changes`` on top."""
        from sign2gpt.recipe import load

        folders = {
            "data.corpus": "corpus",
            "lm.output": "language_model",
            "model.decoder.language_model": "language_model",
            "pretrain.output": "runs/pretrain",
            "train.init": "runs/pretrain",
        }
        places = [f"{key}={self.folder / name}" for key, name in folders.items()]
        return load(self.recipe, [*places, *self.overrides, *(changes or ())])

    def take(self, stage: str, first: Callable[[], object] = lambda: None) -> None:
        """Does a stage, once ``first`` is done; a finished one is left alone."""
        from sign2gpt.common.progress import heading
        from sign2gpt.common.timings import timed

        def work() -> None:
            first()
            self._do(stage)

        title = HEADINGS.get(stage) or f"Evaluation on unseen sentences: {VARIANTS[stage.removeprefix(EVALUATE)][0]}"
        heading(title)
        timed(self.folder / self.timings, stage, work)

    def _do(self, stage: str) -> None:
        from sign2gpt import pipeline

        recipe = self.load()
        match stage:
            case "corpus":
                pipeline.synthesise(pipeline.signing_of(recipe), self.folder / "corpus", annotations=self.annotations)
            case "pseudo_glosses":
                pipeline.make_glosses(self.folder / "corpus", recipe)
            case "language_model":
                pipeline.train_lm(recipe)
            case "pretrain":
                pipeline.run_recipe(recipe, "pretrain")
            case variant if variant in VARIANTS:
                pipeline.train(self.load(variant_keys(recipe, self.folder, self.full)[variant]))
            case _:
                _evaluate(recipe, self.folder, stage.removeprefix(EVALUATE))

    def _two_at_a_time(self) -> None:
        """The trainings and their evaluations: two processes use two cores better than one does."""
        from sign2gpt.common.background_process import background_process
        from sign2gpt.common.timings import timed

        there = replace(self, timings=SECOND_TIMINGS)
        with background_process(self.folder / SECOND_TIMINGS.with_suffix(".log")) as other:
            for stage in SECOND_PROCESS:
                other.begin(there.take, stage)
            self.take("pretrain")
            for stage in AFTER_PRETRAINING:
                other.begin(there.take, stage)
            self.take("translate", partial(other.wait, 1))  # the language model is ready
            self.take(EVALUATE + "translate")
            timed(self.folder / TIMINGS, WAITING, other.wait)

    def command(self) -> str:
        """The command that does this again; the report lists the overrides with the recipe."""
        if self.recipe == "demo":
            return "make demo-full" if self.full else "make demo"
        words = ["sign2gpt demo --recipe", self.recipe]
        if self.annotations:
            words.append("--annotations DIR")
        words.append(f"--folder {self.folder}")
        if self.full:
            words.append("--full")
        return " ".join(words)


def variant_keys(recipe: Recipe, folder: Path, full: bool) -> dict[str, list[str]]:
    """What each variant changes in the recipe; all else is the same."""
    keys = {
        "translate": [],
        "no_pretraining": ["train.init=null"],
        "frozen_features": ["train.freeze=[spatial, sign_encoder]"],
    }
    if full:
        keys[LONG] = ["train.init=null", f"train.epochs={epochs_of_both(recipe)}"]
    return {name: [*changes, f"train.output={folder / 'runs' / name}"] for name, changes in keys.items()}


def epochs_of_both(recipe: Recipe) -> int:
    """Epochs of the translation training that take as many steps as both stages together."""
    pretrain, train = recipe.pretrain, recipe.train
    share = (train.batch * train.accumulate) / (pretrain.batch * pretrain.accumulate)
    return train.epochs + round(pretrain.epochs * share)


def _evaluate(recipe: Recipe, folder: Path, variant: str) -> None:
    """Writes a variant's results on test, and the pretrained one's on sentences by an unseen signer."""
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.runner import evaluate
    from sign2gpt.inference.translator import Translator

    corpus = Corpus.open(folder / "corpus")
    translator = Translator.from_pretrained(folder / "runs" / variant)
    for split in ["test", UNSEEN] if variant == "translate" and UNSEEN in corpus.splits else ["test"]:
        evaluate(translator, corpus, split, recipe.evaluation).write(_results_path(folder, variant, split))


def _results_path(folder: Path, variant: str, split: str) -> Path:
    return folder / "records" / f"{variant}_{split}.json"


def _write_results(demo: Demo) -> None:
    """Writes ``scores.json`` and ``report.html`` from the results files, and prints where they are."""
    from sign2gpt.common.files import write_json
    from sign2gpt.common.text import Screen
    from sign2gpt.common.timings import seconds_of
    from sign2gpt.evaluation.record import Record
    from sign2gpt.evaluation.results import ReportedRun
    from sign2gpt.evaluation.tables import overview_table

    recipe, folder = demo.load(), demo.folder
    systems: list[ReportedRun] = []
    for variant in variant_keys(recipe, folder, demo.full):
        title, about = VARIANTS[variant]
        record = Record.read(_results_path(folder, variant, "test"))
        systems.append(ReportedRun(title, record, folder / "runs" / variant, about))
    timings = seconds_of(folder / TIMINGS)
    unseen_path = _results_path(folder, "translate", UNSEEN)
    unseen = {UNSEEN: Record.read(unseen_path)} if unseen_path.exists() else {}
    started = time.monotonic()
    _write_report(demo, recipe, systems, unseen, timings)
    seconds = round(sum(timings.values()) + time.monotonic() - started, 1)
    write_json(folder / "scores.json", _scores(folder, systems, unseen) | {"seconds": seconds})
    scores = {system.name: system.record.scores for system in systems}
    Screen().print(overview_table("test, synthetic", scores, recipe.evaluation.confidence))
    print(f"{seconds:.0f} s in all; {folder / 'scores.json'}, {folder / 'report.html'}")
    print(f"translate a clip: sign2gpt translate {folder / 'runs' / 'translate'} VIDEO")


def _scores(folder: Path, systems: list[ReportedRun], unseen: dict[str, Record]) -> dict[str, float]:
    """The figures of the demo: BLEU 0..100, F1 0..1."""
    from sign2gpt.model.runs.run import read_about

    first = systems[0].record
    scores = {
        "bleu4": first.scores["bleu4"].score,
        "bleu4_no_pretraining": systems[1].record.scores["bleu4"].score,
        "bleu4_frozen_features": systems[2].record.scores["bleu4"].score,
        "bleu4_shuffled_video": first.controls["shuffled_video"].scores["bleu4"].score,
        "bleu4_text_only": first.controls["text_only"].scores["bleu4"].score,
        "pretrain_f1": read_about(folder / "runs" / "pretrain").info["dev"]["f1_at_0.2"],
    }
    if unseen:
        scores["bleu4_unseen_signer"] = unseen[UNSEEN].scores["bleu4"].score
    if len(systems) > 3:
        scores["bleu4_no_pretraining_equal_steps"] = systems[3].record.scores["bleu4"].score
    return scores


def _write_report(
    demo: Demo, recipe: Recipe, systems: list[ReportedRun], unseen: dict[str, Record], timings: dict[str, float]
) -> None:
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.report.page import Report, write_report

    report = Report(
        title=f"{recipe.name}: sign2gpt learns to translate invented signs",
        about=f"Pseudo-glosses, prototype pretraining and translation with a frozen language model. {recipe.notes}",
        arms=systems,
        command=demo.command(),
        unseen=unseen,
        timings=timings,
    )
    write_report(demo.folder / "report.html", report, Corpus.open(demo.folder / "corpus"))
