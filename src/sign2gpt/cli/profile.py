"""`sign2gpt profile`: where the time and the memory of a training step go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sign2gpt.cli.options import JsonOption, RecipeArgument, SetOption, emit

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.training.profile import Profile


def profile(
    recipe: RecipeArgument,
    overrides: SetOption = None,
    stage: Annotated[
        Literal["pretrain", "train"] | None,
        typer.Option(help="Which training; none: train, unless the recipe names pretrain alone."),
    ] = None,
    random: Annotated[
        bool,
        typer.Option(
            "--random", help="Made-up clips, texts and weights: no corpus, language model or download is needed."
        ),
    ] = False,
    frames: Annotated[int, typer.Option(min=1, help="Frames of a made-up clip as the model sees it.")] = 64,
    ids: Annotated[int, typer.Option(min=2, help="Ids of a made-up text.")] = 32,
    steps: Annotated[int, typer.Option(min=1, help="Steps that are timed; two more go before them.")] = 5,
    trace: Annotated[
        Path | None, typer.Option(help="Write a step's trace here (.json), for ui.perfetto.dev or chrome://tracing.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take a few steps of a training and tell where time and memory go; the run folder is left alone."""
    from contextlib import nullcontext

    from sign2gpt.cli.jobs import job_of
    from sign2gpt.cli.params import planned_sizes
    from sign2gpt.common.files import check_output
    from sign2gpt.recipe import load
    from sign2gpt.training.profile import made_up, measure, on_corpus
    from sign2gpt.training.rates import product_rate
    from sign2gpt.training.rehearsal import Load

    if trace is not None:
        check_output(trace)
    loaded = load(recipe, overrides or ())
    stage = stage or ("pretrain" if {"pretrain", "train"} & loaded.model_fields_set == {"pretrain"} else "train")
    job, config = job_of(loaded), getattr(loaded, stage)
    carried = Load((frames,) * config.batch, ids)
    with (
        nullcontext(made_up(job, config, carried, planned_sizes(loaded))) if random else on_corpus(job, config) as (
            task,
            device,
        )
    ):
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
        f"{found.frames:,.0f} frames a second; {found.peak / 1e9:,.2f} GB at the peak; "
        f"the matrix rate is {found.product_rate / 1e9:,.0f} GFLOP a second"
    )
    return Group(table, notes)
