"""`sign2gpt compare`: systems side by side, each tested against the first."""

from __future__ import annotations

from typing import Annotated, Literal

import typer


def compare(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]RECORD...",
            help="Records of `evaluate -o`, or run folders that hold one; the first is the baseline. "
            "Several seeds of a system: NAME=RECORD,RECORD,RECORD.",
        ),
    ],
    layout: Annotated[
        Literal["table", "markdown", "latex", "json"], typer.Option("--format", help="How the tables are printed.")
    ] = "table",
    split: Annotated[str, typer.Option(help="Whose record is taken from a run folder.")] = "test",
    resamples: Annotated[int, typer.Option(min=1, help="Resamples of the bootstrap, and randomisations.")] = 1000,
    confidence: Annotated[float, typer.Option(min=0.01, max=0.999, help="Mass of the intervals.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Draws the resamples.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Compare sentences in common though protocols or references differ.")
    ] = False,
) -> None:
    """Scores with intervals, and paired tests (bootstrap and approximate randomisation) against the first system."""
    from sign2gpt.common.screen import Screen
    from sign2gpt.evaluation.compare import compare_systems, read_system
    from sign2gpt.evaluation.compare_tables import FORMATS

    read = [read_system(system, split) for system in systems]
    found = compare_systems(read, resamples=resamples, seed=seed, confidence=confidence, force=force)
    shown = FORMATS[layout](found)
    if isinstance(shown, str):
        print(shown)
    else:
        Screen().print(shown)
