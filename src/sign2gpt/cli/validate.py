"""`sign2gpt validate`: all that can be wrong before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from sign2gpt.cli.options import JsonOption, RecipeArgument, SetOption, emit

if TYPE_CHECKING:
    from sign2gpt.recipe import Recipe
    from sign2gpt.training.preflight import Stage


def validate(
    recipe: RecipeArgument,
    overrides: SetOption = None,
    stage: Annotated[
        Literal["pretrain", "train"] | None,
        typer.Option(help="Look at one stage; none: at those the recipe names, pretrain only if train starts from it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Look for everything that can be wrong before the first step, in seconds."""
    from rich.table import Table

    from sign2gpt.cli.jobs import job_of
    from sign2gpt.recipe import load
    from sign2gpt.training.preflight import check

    loaded = load(recipe, overrides or ())
    stages: list[Stage] = [stage] if stage else _stages(loaded)
    table = Table("stage", "what", "found", box=None)
    coming = loaded.pretrain.output if "pretrain" in stages else None
    found = [check(each, job_of(loaded), getattr(loaded, each), memory=True, coming=coming) for each in stages]
    for findings in found:
        for what, value in findings.facts.items():
            table.add_row(findings.stage, what, str(value))
        for kind, told in (("warning", findings.warnings), ("problem", findings.problems)):
            for line in told:
                table.add_row(findings.stage, f"[bold]{kind}[/bold]", line)
    document = [vars(findings) for findings in found]
    emit({"recipe": loaded.name, "stages": document}, table, as_json)
    if any(findings.problems for findings in found):
        raise typer.Exit(2)


def _stages(recipe: Recipe) -> list[Stage]:
    """Those that the recipe names; a pretraining that its training does not start from is another recipe's."""
    if {"pretrain", "train"} & recipe.model_fields_set == {"pretrain"}:
        return ["pretrain"]
    starts = recipe.train.init == recipe.pretrain.output
    return ["pretrain", "train"] if starts else ["train"]
