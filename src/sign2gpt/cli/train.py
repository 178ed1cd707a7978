"""`sign2gpt train`: translation training."""

from __future__ import annotations

from typing import Annotated

import typer

from sign2gpt.cli.options import RecipeArgument, SetOption


def train(
    recipe: RecipeArgument,
    overrides: SetOption = None,
    init: Annotated[
        str | None,
        typer.Option(
            help="Run to start from, as `translate` takes it: a pretraining, or a translation run to go on from."
        ),
    ] = None,
) -> None:
    """Train to translate, then calibrate (docs: trust); the same command goes on after a stop."""
    from sign2gpt.cli.calibrate import calibrate_once
    from sign2gpt.cli.jobs import job_of
    from sign2gpt.inference.translator import find_run
    from sign2gpt.recipe import load
    from sign2gpt.training import stages

    chosen = [] if init is None else [f"train.init={find_run(init)}"]
    loaded = load(recipe, [*(overrides or ()), *chosen])
    folder = stages.train(job_of(loaded), loaded.train)
    calibrate_once(folder, loaded)
    print(folder)
