"""`sign2gpt lm`, `pretrain` and `train`: the trainings of a recipe."""

from __future__ import annotations

from typing import Annotated

import typer

from sign2gpt.cli.options import RecipeArgument, SetOption


def lm(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Train a small XGLM and its tokenizer on the corpus' sentences or a text file.

    Prints its perplexity on dev.
    """
    from sign2gpt.pipeline import train_lm
    from sign2gpt.recipe import load

    print(train_lm(load(recipe, overrides or ())))


def pretrain(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Pretrain on pseudo-glosses.

    Run the same command to resume after a stop.
    """
    from sign2gpt import pipeline
    from sign2gpt.recipe import load

    print(pipeline.run_recipe(load(recipe, overrides or ()), "pretrain"))


def train(
    recipe: RecipeArgument,
    overrides: SetOption = None,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Run to start from: a pretraining, or a translation run to continue from.  "
            "\\[default: from the recipe]",
        ),
    ] = None,
) -> None:
    """Train to translate, then calibrate the run (docs: trust).

    Run the same command to resume after a stop.
    """
    from sign2gpt import pipeline
    from sign2gpt.model.runs.shipped import find_run
    from sign2gpt.recipe import load

    chosen = [] if init is None else [f"train.init={find_run(init)}"]
    print(pipeline.train(load(recipe, [*(overrides or ()), *chosen])))
