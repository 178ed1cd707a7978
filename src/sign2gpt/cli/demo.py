"""`sign2gpt demo`: the whole method on video that is made on the spot, from nothing to a report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sign2gpt.cli.completion import recipes
from sign2gpt.cli.options import SetOption

if TYPE_CHECKING:
    from sign2gpt.evaluation.arms import Arm
    from sign2gpt.evaluation.record import Record
    from sign2gpt.recipe import Recipe

ARMS = {
    "translate": ("Sign2GPT (w/PGP)", "starts from the pretraining"),
    "no_pretraining": ("Sign2GPT", "no pretraining, the same recipe and translation steps"),
    "frozen_features": ("Sign(Z)2GPT (w/PGP)", "features of the pretrained encoder, computed once"),
    "no_pretraining_long": ("Sign2GPT, longer", "no pretraining, as many steps as both stages together"),
}
TOLD = {
    "corpus": "Corpus: the signer renders its clips",
    "pseudo_glosses": "Pseudo-glosses from the sentences",
    "language_model": "Language model: learns the sentences, then stays frozen",
    "pretrain": "Pretraining: which pseudo-glosses does a clip hold? Beside it: language model, then other arms",
} | {arm: f"Translation: {title}, {about}" for arm, (title, about) in ARMS.items()}
EVALUATE = "evaluate_"
BEGUN_FIRST = ("language_model", "no_pretraining", EVALUATE + "no_pretraining")
PRETRAINED = ("frozen_features", EVALUATE + "frozen_features")
"""What a second process does meanwhile: these last need the pretraining, too."""
LONG = "no_pretraining_long"
WAITING = "waiting_for_other_arms"
TIMINGS, BESIDE = Path("timings.json"), Path("logs", "beside.json")
UNSEEN = "test_unseen_signer"


def demo(
    recipe: Annotated[
        str, typer.Option(help="Recipe file, or the name of a bundled recipe.", autocompletion=recipes)
    ] = "demo",
    overrides: SetOption = None,
    folder: Annotated[Path, typer.Option(help="Folder that the demo writes to.")] = Path("demo"),
    full: Annotated[
        bool, typer.Option("--full", help="Also train without pretraining for as many steps as both stages together.")
    ] = False,
    annotations: Annotated[
        Path | None, typer.Option(help="Where the sentences are that the recipe signs, as `synth` takes it.")
    ] = None,
) -> None:
    """Render a corpus, learn to translate it, and write a report: minutes on two CPU cores, no network.

    Stopped at any moment, the same command goes on. All of it is synthetic: invented signs, a weather report's German.

    With `--recipe signed_phoenix14t_2cpu --annotations DIR` the sentences are a real corpus'; that takes an hour.
    """
    from sign2gpt.common.locks import LOCK, held
    from sign2gpt.recipe import load

    places = [
        f"data.corpus={folder / 'corpus'}",
        f"lm.output={folder / 'language_model'}",
        f"model.decoder.language_model={folder / 'language_model'}",
        f"pretrain.output={folder / 'runs' / 'pretrain'}",
        f"train.init={folder / 'runs' / 'pretrain'}",
    ]
    chosen = [*places, *(overrides or ())]
    loaded = load(recipe, chosen)
    arms = arm_keys(loaded, folder, full)
    stages = Stages(recipe, chosen, folder, annotations, arms)
    with held(folder, folder / LOCK):
        _take_all(stages, full)
        _conclude(_command(recipe, folder, annotations, full), loaded, list(arms), folder)


def _take_all(stages: Stages, full: bool) -> None:
    from sign2gpt.common.timings import finished

    for stage in ("corpus", "pseudo_glosses"):
        stages.take(stage)
    if not finished(stages.folder / TIMINGS, WAITING):
        _two_at_a_time(stages)
    if full:
        stages.take(LONG)
        stages.take(EVALUATE + LONG)


@dataclass(frozen=True)
class Stages:
    """What the demo does; each stage is finished, goes on where it was stopped, or begins.

    Args:
        recipe: its name, with ``changes`` on top.
        arms: what each arm changes besides.
        timings: file of the folder that is told how long each stage took.
    """

    recipe: str
    changes: list[str]
    folder: Path
    annotations: Path | None
    arms: dict[str, list[str]]
    timings: Path = TIMINGS

    def take(self, stage: str, first: Callable[[], object] = lambda: None) -> None:
        """A stage, once ``first`` is done."""
        from sign2gpt.common.progress import heading
        from sign2gpt.common.timings import timed

        def work() -> None:
            first()
            self._work(stage)

        heading(_told(stage))
        timed(self.folder / self.timings, stage, work)

    def _work(self, stage: str) -> None:
        from sign2gpt.cli.glosses import glosses
        from sign2gpt.cli.lm import lm
        from sign2gpt.cli.pretrain import pretrain
        from sign2gpt.cli.synth import synth
        from sign2gpt.cli.train import train
        from sign2gpt.recipe import load

        corpus = self.folder / "corpus"
        match stage:
            case "corpus":
                synth(self.recipe, corpus, self.changes, self.annotations)
            case "pseudo_glosses":
                glosses(corpus, recipe=self.recipe, changes=self.changes)
            case "language_model":
                lm(self.recipe, self.changes)
            case "pretrain":
                pretrain(self.recipe, self.changes)
            case arm if arm in self.arms:
                train(self.recipe, [*self.changes, *self.arms[arm]])
            case _:
                _evaluate(load(self.recipe, self.changes), self.folder, stage.removeprefix(EVALUATE))


def _two_at_a_time(stages: Stages) -> None:
    """The trainings and their evaluations: two processes use two cores better than one does."""
    from sign2gpt.common.companion import beside
    from sign2gpt.common.timings import timed

    there = replace(stages, timings=BESIDE)
    with beside(stages.folder / BESIDE.with_suffix(".log")) as other:
        for stage in BEGUN_FIRST:
            other.begin(there.take, stage)
        stages.take("pretrain")
        for stage in PRETRAINED:
            other.begin(there.take, stage)
        stages.take("translate", partial(other.wait, 1))
        stages.take(EVALUATE + "translate")
        timed(stages.folder / TIMINGS, WAITING, other.wait)


def _told(stage: str) -> str:
    """What a stage is, for whoever watches."""
    return TOLD.get(stage) or f"Evaluation on unseen sentences: {ARMS[stage.removeprefix(EVALUATE)][0]}"


def arm_keys(recipe: Recipe, folder: Path, full: bool) -> dict[str, list[str]]:
    """What each arm changes in the recipe; all else is the same."""
    keys = {
        "translate": [],
        "no_pretraining": ["train.init=null"],
        "frozen_features": ["train.freeze=[spatial, sign_encoder]"],
    }
    if full:
        keys["no_pretraining_long"] = ["train.init=null", f"train.epochs={epochs_of_both(recipe)}"]
    return {arm: [*changes, f"train.output={folder / 'runs' / arm}"] for arm, changes in keys.items()}


def epochs_of_both(recipe: Recipe) -> int:
    """Epochs of the translation training that take as many steps as both stages together."""
    pretrain, train = recipe.pretrain, recipe.train
    share = (train.batch * train.accumulate) / (pretrain.batch * pretrain.accumulate)
    return train.epochs + round(pretrain.epochs * share)


def _evaluate(recipe: Recipe, folder: Path, arm: str) -> None:
    """Takes an arm's record on test, and the system's on sentences by an unseen signer."""
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.runner import evaluate
    from sign2gpt.inference.translator import Translator

    corpus = Corpus.open(folder / "corpus")
    translator = Translator.from_pretrained(folder / "runs" / arm)
    for split in ["test", UNSEEN] if arm == "translate" and UNSEEN in corpus.splits else ["test"]:
        evaluate(translator, corpus, split, recipe.evaluation).write(_record_path(folder, arm, split))


def _record_path(folder: Path, arm: str, split: str) -> Path:
    return folder / "records" / f"{arm}_{split}.json"


def _command(recipe: str, folder: Path, annotations: Path | None, full: bool) -> str:
    """The command that does this again; without changes to the recipe, which the report tells."""
    if recipe == "demo":
        return "make demo-full" if full else "make demo"
    words = ["sign2gpt demo --recipe", recipe]
    if annotations:
        words.append("--annotations DIR")
    words.append(f"--folder {folder}")
    if full:
        words.append("--full")
    return " ".join(words)


def _conclude(command: str, recipe: Recipe, arm_names: list[str], folder: Path) -> None:
    """Writes ``scores.json`` and ``report.html`` from the records, and tells where they are."""
    from sign2gpt.common.files import write_json
    from sign2gpt.common.screen import Screen
    from sign2gpt.common.timings import seconds_of
    from sign2gpt.evaluation.arms import Arm
    from sign2gpt.evaluation.record import Record
    from sign2gpt.evaluation.tables import arms_table

    arms: list[Arm] = []
    for arm in arm_names:
        title, about = ARMS[arm]
        record = Record.read(_record_path(folder, arm, "test"))
        arms.append(Arm(title, record, folder / "runs" / arm, about))
    timings = seconds_of(folder / TIMINGS)
    unseen_path = _record_path(folder, "translate", UNSEEN)
    unseen = {UNSEEN: Record.read(unseen_path)} if unseen_path.exists() else {}
    started = time.monotonic()
    _write_report(recipe, command, folder, arms, unseen, timings)
    seconds = round(sum(timings.values()) + time.monotonic() - started, 1)
    write_json(folder / "scores.json", _scores(folder, arms, unseen) | {"seconds": seconds})
    scores = {arm.name: arm.record.scores for arm in arms}
    Screen().print(arms_table("test, synthetic", scores, recipe.evaluation.confidence))
    print(f"{seconds:.0f} s in all; {folder / 'scores.json'}, {folder / 'report.html'}")
    print(f"translate a clip: sign2gpt translate {folder / 'runs' / 'translate'} VIDEO")


def _scores(folder: Path, arms: list[Arm], unseen: dict[str, Record]) -> dict[str, float]:
    """The figures of the demo: BLEU 0..100, F1 0..1."""
    system = arms[0].record
    scores = {
        "bleu4": system.scores["bleu4"].score,
        "bleu4_no_pretraining": arms[1].record.scores["bleu4"].score,
        "bleu4_frozen_features": arms[2].record.scores["bleu4"].score,
        "bleu4_shuffled_video": system.controls["shuffled_video"]["bleu4"].score,
        "bleu4_text_only": system.controls["text_only"]["bleu4"].score,
        "pretrain_f1": _run_info(folder, "pretrain")["dev"]["f1_at_0.2"],
    }
    if unseen:
        scores["bleu4_unseen_signer"] = unseen[UNSEEN].scores["bleu4"].score
    if len(arms) > 3:
        scores["bleu4_no_pretraining_equal_steps"] = arms[3].record.scores["bleu4"].score
    return scores


def _run_info(folder: Path, run: str) -> dict[str, Any]:
    from sign2gpt.model.hub import read_about

    return read_about(folder / "runs" / run).info


def _write_report(
    recipe: Recipe, command: str, folder: Path, arms: list[Arm], unseen: dict[str, Record], timings: dict[str, float]
) -> None:
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.report import Report, write_report

    report = Report(
        title=f"{recipe.name}: sign2gpt learns to translate invented signs",
        about=f"Pseudo-glosses, prototype pretraining and translation with a frozen language model. {recipe.notes}",
        arms=arms,
        command=command,
        unseen=unseen,
        timings=timings,
    )
    write_report(folder / "report.html", report, Corpus.open(folder / "corpus"))
