"""`sign2gpt demo`: the whole method on synthetic video, from an empty folder to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import SetOption, complete_recipe


def demo(
    recipe: Annotated[
        str, typer.Option(help="Recipe file, or name of a bundled recipe.", autocompletion=complete_recipe)
    ] = "demo",
    overrides: SetOption = None,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Folder that the demo writes to.")] = Path("demo"),
    full: Annotated[
        bool, typer.Option("--full", help="Also train without pretraining for as many steps as both stages together.")
    ] = False,
    annotations: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Sentences that the recipe signs, as in `sign2gpt synth`.")
    ] = None,
) -> None:
    """Render a corpus, learn to translate it, and write a report: minutes on two CPU cores, no network.

    Run the same command to resume after a stop. All of it is synthetic: invented signs, and the German of weather
    reports.

    With `--recipe signed_phoenix14t_2cpu --annotations DIR` the sentences are those of a real corpus; this takes an
    hour.
    """
    from sign2gpt.demo import Demo

    Demo(recipe, folder, tuple(overrides or ()), annotations, full).run()
