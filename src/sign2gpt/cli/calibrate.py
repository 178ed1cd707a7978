"""`sign2gpt calibrate`: what is usual on clips like those of a run's training, so that it can tell others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import CorpusOption, DeviceOption, JsonOption, RunArgument, emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sign2gpt.data.corpus import ClipRow
    from sign2gpt.inference.translator import Translator
    from sign2gpt.model.calibration import Calibration
    from sign2gpt.recipe import Recipe


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
    from sign2gpt.common.screen import titled
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.inference.translator import Translator
    from sign2gpt.model.hub import RECIPE, TRUST
    from sign2gpt.recipe import Recipe

    translator = Translator.from_pretrained(run, device)
    folder = translator.run.folder
    recipe = build(Recipe, translator.run.recipe, where=str(folder / RECIPE))
    rows = Corpus.open(corpus or recipe.data.corpus, recipe.data.shards_gb).rows(split)
    found = _measured(translator, rows, false_alarms)
    title = f"{folder / TRUST}: {found.false_alarms:.1%} of {found.clips} clips of {found.split} lie below"
    table = Table("signal", "least", box=None)
    for name, limit in found.least.items():
        table.add_row(name, f"{limit:.4f}")
    emit(asdict(found), titled(title, table), as_json)


def calibrate_once(folder: Path, recipe: Recipe) -> None:
    """Calibrates a finished training on all of dev, unless it was done before or dev is too small; one process does."""
    from sign2gpt.common.errors import UserError
    from sign2gpt.common.processes import Processes
    from sign2gpt.common.progress import say
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.inference.calibrate import FALSE_ALARMS, check_enough
    from sign2gpt.inference.translator import Translator
    from sign2gpt.model.hub import TRUST

    if not Processes().main or (folder / TRUST).exists():
        return
    rows = Corpus.open(recipe.data.corpus, recipe.data.shards_gb).rows("dev")
    try:
        check_enough(rows)
    except UserError as error:
        say(f"{folder} is not calibrated, so it cannot tell when it guesses. {error}")
        return
    _measured(Translator.from_pretrained(folder), rows, FALSE_ALARMS)


def _measured(translator: Translator, rows: Sequence[ClipRow], false_alarms: float) -> Calibration:
    """Measures what is usual on clips, and stores it with the run."""
    from sign2gpt.common.progress import bar
    from sign2gpt.inference.calibrate import calibrate as measured
    from sign2gpt.inference.calibrate import check_enough
    from sign2gpt.model.hub import write_calibration

    check_enough(rows, false_alarms)
    translator.decoder()  # a run without one is told before the bar begins
    with bar(f"calibrate on {rows[0].split}", len(rows)) as shown:
        found = measured(translator, rows, false_alarms, shown.advance)
    write_calibration(translator.run.folder, found)
    return found
