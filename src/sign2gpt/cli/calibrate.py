"""`sign2gpt calibrate`: what is usual on clips like those of a run's training, so that it can tell others."""

from __future__ import annotations

from typing import Annotated

import typer

from sign2gpt.cli.options import CorpusOption, DeviceOption, JsonOption, RunArgument, emit


def calibrate(
    run: RunArgument,
    corpus: CorpusOption = None,
    split: Annotated[str, typer.Option(help="Clips that the run was not trained on.")] = "dev",
    false_alarms: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Share of these clips that may be called unlike the training's.")
    ] = 0.05,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Measure when a clip lies outside of what a run was trained on; translations say so from then on (docs: trust)."""
    from dataclasses import asdict

    from rich.table import Table

    from sign2gpt.common.config import build
    from sign2gpt.common.progress import bar
    from sign2gpt.common.screen import titled
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.inference.calibrate import calibrate as measured
    from sign2gpt.inference.calibrate import check_enough
    from sign2gpt.inference.translator import Translator
    from sign2gpt.model.hub import RECIPE, TRUST, write_calibration
    from sign2gpt.recipe import Recipe

    translator = Translator.from_pretrained(run, device)
    folder = translator.run.folder
    recipe = build(Recipe, translator.run.recipe, where=str(folder / RECIPE))
    rows = Corpus.open(corpus or recipe.data.corpus, recipe.data.shards_gb).rows(split)
    check_enough(rows, false_alarms)
    translator.decoder()  # a run without one is told before the bar begins
    with bar(f"translate {split}", len(rows)) as shown:
        found = measured(translator, rows, false_alarms, shown.advance)
    write_calibration(folder, found)
    title = f"{folder / TRUST}: {found.false_alarms:.1%} of {found.clips} clips of {found.split} lie below"
    table = Table("signal", "least", box=None)
    for name, limit in found.least.items():
        table.add_row(name, f"{limit:.4f}")
    emit(asdict(found), titled(title, table), as_json)
