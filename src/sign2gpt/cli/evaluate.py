"""`sign2gpt evaluate`, `calibrate` and `report`: how good a run is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import CorpusOption, DecodingOption, DeviceOption, JsonOption, RunArgument, emit

if TYPE_CHECKING:
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.record import Record


def evaluate(
    run: RunArgument,
    corpus: CorpusOption = None,
    split: Annotated[str, typer.Option(help="Split to translate: test, dev, or another one of the corpus.")] = "test",
    protocol: Annotated[str | None, typer.Option(help="Text protocol.  \\[default: from the recipe]")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Results file to write, with every sentence.")
    ] = None,
    device: DeviceOption = "auto",
    decoding: DecodingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate a split and score it, with confidence intervals and controls (docs: evaluation)."""
    from sign2gpt.common.config import build
    from sign2gpt.common.files import check_output
    from sign2gpt.common.progress import say
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.runner import evaluate as measure
    from sign2gpt.evaluation.tables import record_tables
    from sign2gpt.inference.translator import Translator
    from sign2gpt.metrics.protocols import protocol as find_protocol
    from sign2gpt.model.runs.run import RECIPE
    from sign2gpt.recipe import Recipe

    if output is not None:
        check_output(output)
    translator = Translator.from_pretrained(run, device)
    translator.require("translate")  # a run without one is refused before the corpus is opened
    recipe = build(Recipe, translator.run.recipe, where=str(translator.run.folder / RECIPE))
    config = recipe.evaluation
    if protocol is not None:
        config.protocol = protocol
    find_protocol(config.protocol)
    opened = Corpus.open(corpus or recipe.data.corpus, recipe.data.shards_gb)
    record = measure(translator, opened, split, config, *(decoding or ()))
    if output is not None:
        record.write(output)
        say(f"results with every sentence: {output}")
    emit(record.to_json(), record_tables(record), as_json)


def calibrate(
    run: RunArgument,
    corpus: CorpusOption = None,
    split: Annotated[str, typer.Option(help="Split that the run was not trained on.")] = "dev",
    false_alarms: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Share of these clips that may get a warning by mistake.")
    ] = 0.05,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Measure which clips differ from a run's training data.

    From then on, translations of such clips carry a warning (docs: trust).
    """
    from dataclasses import asdict

    from rich.table import Table

    from sign2gpt.common.config import build
    from sign2gpt.common.text import titled
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.inference.translator import Translator
    from sign2gpt.model.runs.run import RECIPE, TRUST
    from sign2gpt.pipeline import calibrate as measure
    from sign2gpt.recipe import Recipe

    translator = Translator.from_pretrained(run, device)
    folder = translator.run.folder
    recipe = build(Recipe, translator.run.recipe, where=str(folder / RECIPE))
    rows = Corpus.open(corpus or recipe.data.corpus, recipe.data.shards_gb).rows(split)
    found = measure(translator, rows, false_alarms)
    title = f"{folder / TRUST}: {found.false_alarms:.1%} of {found.clips} clips of {found.split} get a warning"
    table = Table("signal", "limit", box=None)
    for name, limit in found.least.items():
        table.add_row(name, f"{limit:.4f}")
    emit(asdict(found), titled(title, table), as_json)


def report(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]RUN...",
            help="Run folders with results of `evaluate -o`, or results files; the report is on the first and compares "
            "it with the others.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Page to write.")] = Path(
        "report.html"
    ),
    corpus: CorpusOption = None,
    split: Annotated[str, typer.Option(help="Split whose results are read from a run folder.")] = "test",
    figures: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the figures as SVG and PDF.")] = None,
    device: DeviceOption = "auto",
) -> None:
    """Write a self-contained page: scores, curves, clips, errors and attention (docs: reports)."""
    from sign2gpt.common.files import check_output
    from sign2gpt.common.progress import say
    from sign2gpt.evaluation.report.page import Report, write_report
    from sign2gpt.evaluation.results import other_splits, read_reported_runs

    check_output(output)
    arms = read_reported_runs(systems, split)
    for arm in arms:
        if arm.run is None:
            say(f"{arm.name}: its run {arm.record.run} is not here, so the page has no curves and attention of it")
    first = arms[0].record
    made = Report(
        title=": ".join(dict.fromkeys([first.name, ", ".join(arm.name for arm in arms)])),
        about=first.notes,
        arms=arms,
        command=_command(systems, corpus, split),
        unseen=other_splits(arms[0]),
        timings={"evaluate": first.timings["seconds"]},
    )
    write_report(output, made, _corpus(first, corpus), figures=figures, device=device)
    say(f"report: {output}")


def _corpus(record: Record, corpus: str | None) -> Corpus:
    from sign2gpt.data.config import SHARDS_GB
    from sign2gpt.data.corpus import Corpus

    data = record.recipe["data"]
    return Corpus.open(corpus or data["corpus"], data.get("shards_gb", SHARDS_GB))


def _command(systems: list[str], corpus: str | None, split: str) -> str:
    """The command that writes the page again."""
    from shlex import join

    chosen = [] if corpus is None else ["--corpus", corpus]
    return join(["sign2gpt", "report", *systems, *chosen, *([] if split == "test" else ["--split", split])])
