"""`sign2gpt validate`, `params` and `profile`: a training before it starts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sign2gpt.cli.options import JsonOption, RecipeArgument, SetOption, emit

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.model.language.language_model import LanguageModelSizes
    from sign2gpt.model.runs.run import StageName
    from sign2gpt.recipe import Recipe
    from sign2gpt.training.measure.profile import Profile


def validate(
    recipe: RecipeArgument,
    overrides: SetOption = None,
    stage: Annotated[
        Literal["pretrain", "train"] | None,
        typer.Option(
            help="Check one stage.  \\[default: every stage in the recipe; pretrain only if train starts from it]"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check recipe, data and memory before training, in seconds."""
    from rich.markup import escape
    from rich.table import Table

    from sign2gpt.pipeline import job_of, stage_of
    from sign2gpt.recipe import load
    from sign2gpt.training.preflight import check

    loaded = load(recipe, overrides or ())
    stages: list[StageName] = [stage] if stage else _stages(loaded)
    table = Table("stage", "check", "found", box=None)
    coming = loaded.pretrain.output if "pretrain" in stages else None
    job = job_of(loaded)
    found = [check(stage_of(loaded, each), job, getattr(loaded, each), memory=True, coming=coming) for each in stages]
    for findings in found:
        for what, value in findings.facts.items():
            table.add_row(findings.stage, what, f"{value:,}" if isinstance(value, int) else escape(str(value)))
        for kind, lines in (("warning", findings.warnings), ("problem", findings.problems)):
            for line in lines:
                table.add_row(findings.stage, f"[bold]{kind}[/bold]", escape(line))
    document = [findings.document() for findings in found]
    emit({"recipe": loaded.name, "stages": document}, table, as_json)
    if any(findings.problems for findings in found):
        raise typer.Exit(2)


def _stages(recipe: Recipe) -> list[StageName]:
    """The stages in the recipe; a pretraining that its training does not start from belongs to another recipe."""
    if {"pretrain", "train"} & recipe.model_fields_set == {"pretrain"}:
        return ["pretrain"]
    starts = recipe.train.init == recipe.pretrain.output
    return ["pretrain", "train"] if starts else ["train"]


def params(recipe: RecipeArgument, overrides: SetOption = None, as_json: JsonOption = False) -> None:
    """Count the parameters of each part, all and trainable, without reading weights."""
    from rich.table import Table

    from sign2gpt.model.sign_model import parameter_table
    from sign2gpt.pipeline import job_of, stage_of
    from sign2gpt.recipe import load

    loaded = load(recipe, overrides or [])
    model = stage_of(loaded, "train").synthetic_model(job_of(loaded), planned_sizes(loaded), device="meta")
    counts = parameter_table(model)
    table = Table("part", "all", "trainable", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, row in counts.items():
        table.add_row(name.replace("_", " "), f"{row['total']:,}", f"{row['trainable']:,}")
    emit(counts, table, as_json)
    for note in model.notes():
        print(note, file=sys.stderr if as_json else sys.stdout)


def planned_sizes(recipe: Recipe) -> LanguageModelSizes | None:
    """Sizes of the language model that `sign2gpt lm` will make for this recipe; None if it exists."""
    from sign2gpt.model.language.language_model import LanguageModelSizes

    plan, name = recipe.lm, recipe.model.language_model
    if name is None or Path(name).exists() or Path(name) != Path(plan.output):
        return None
    return LanguageModelSizes(plan.vocabulary, plan.width, 4 * plan.width, plan.layers, plan.heads, pad_id=1, end_id=2)


def profile(
    recipe: RecipeArgument,
    overrides: SetOption = None,
    stage: Annotated[
        Literal["pretrain", "train"] | None,
        typer.Option(help="Training to measure.  \\[default: train, unless the recipe has only pretrain]"),
    ] = None,
    random: Annotated[
        bool,
        typer.Option(
            "--random", help="Use synthetic clips, texts and weights: needs no corpus, language model or download."
        ),
    ] = False,
    frames: Annotated[int, typer.Option(min=1, help="Frames of a synthetic clip, after sampling.")] = 64,
    ids: Annotated[int, typer.Option(min=2, help="Tokens of a synthetic text.")] = 32,
    steps: Annotated[int, typer.Option(min=1, help="Steps to time, after two that warm up.")] = 5,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trace of a step to write (.json), for ui.perfetto.dev or chrome://tracing."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure where time and memory of a training step go.

    The run folder is left alone.
    """
    from contextlib import nullcontext

    from sign2gpt.common.files import check_output
    from sign2gpt.pipeline import job_of, stage_of
    from sign2gpt.recipe import load
    from sign2gpt.training.measure.profile import measure, synthetic
    from sign2gpt.training.measure.rates import product_rate
    from sign2gpt.training.measure.rehearsal import Load
    from sign2gpt.training.stage import task_on_corpus

    if trace is not None:
        check_output(trace)
    loaded = load(recipe, overrides or ())
    stage = stage or ("pretrain" if {"pretrain", "train"} & loaded.model_fields_set == {"pretrain"} else "train")
    job, config, chosen = job_of(loaded), getattr(loaded, stage), stage_of(loaded, stage)
    carried = Load((frames,) * config.batch, ids)
    if random:
        prepared = nullcontext(synthetic(chosen, job, config, carried, planned_sizes(loaded)))
    else:
        prepared = task_on_corpus(chosen, job, config)
    with prepared as (task, device):
        rate = product_rate(device, config.precision)
        found = measure(task, config, device, rate, steps=steps, trace=trace)
    emit(_document(found, loaded.name, stage, str(device)), _table(found), as_json)


def _document(found: Profile, recipe: str, stage: str, device: str) -> dict[str, Any]:
    return {
        "recipe": recipe,
        "stage": stage,
        "device": device,
        **vars(found),
        "share": {part: found.share(part) for part in found.seconds},
        "whole_share": found.whole_share,
    }


def _table(found: Profile) -> Group:
    from rich.console import Group
    from rich.table import Table

    whole = sum(found.seconds.values())
    table = Table("part", "ms", "of the step", "GFLOP", "of the matrix rate", "MB kept", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for part, seconds in found.seconds.items():
        flops, kept = found.flops[part] / 1e9, found.kept[part] / 1e6
        share = f"{found.share(part):.0%}" if found.flops[part] else ""
        table.add_row(part, f"{1000 * seconds:,.1f}", f"{seconds / whole:.0%}", f"{flops:,.1f}", share, f"{kept:,.1f}")
    flops = sum(found.flops.values()) / 1e9
    table.add_row("step", f"{1000 * whole:,.1f}", "", f"{flops:,.1f}", f"{found.whole_share:.0%}", "", style="bold")
    notes = (
        f"{found.frames:,.0f} frames per second; {found.peak / 1e9:,.2f} GB at the peak; "
        f"the matrix rate is {found.product_rate / 1e9:,.0f} GFLOP per second"
    )
    return Group(table, notes)
