"""Arguments that several commands share, and how a command prints what it found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType

if TYPE_CHECKING:
    from sign2gpt.inference.trust import Trust

RecipeArgument = Annotated[str, typer.Argument(help="Recipe file, or the bare name of one that comes along.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change a key of the recipe: --set model.window=9 (repeatable).")
]
DecodingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Decode otherwise than the run's recipe: --set beams=1, --set sampling.top_p=0.9 (repeatable)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, all else on stderr.")]
CorpusArgument = Annotated[Path, typer.Argument(help="Folder of the corpus.")]
RunArgument = Annotated[str, typer.Argument(help="Run folder, or `demo` for the model that comes along.")]


def emit(document: Any, shown: RenderableType, as_json: bool) -> None:
    """Prints ``document`` as JSON or ``shown`` for people, on stdout."""
    if as_json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        Console().print(shown)


def doubts(trust: Trust | None) -> list[str]:
    """A line that says so where a sentence is not to be trusted."""
    return [] if trust is None or trust.inside else [f"  [yellow]{trust.told()}[/yellow]"]
