"""Arguments that several commands share, and how a command prints what it found."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import RenderableType

from sign2gpt.cli.completion import recipes, runs
from sign2gpt.common.errors import UserError
from sign2gpt.common.screen import OBEYED, Screen, legible

if TYPE_CHECKING:
    from sign2gpt.common.engine import Workers
    from sign2gpt.inference.trust import Trust
    from sign2gpt.model.hub import Run
    from sign2gpt.video.container import VideoFile

RecipeArgument = Annotated[
    str, typer.Argument(help="Recipe file, or the name of a bundled recipe.", autocompletion=recipes)
]
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
CorpusOption = Annotated[
    str | None,
    typer.Option("--corpus", help="Folder of the corpus, or address of its shards.  \\[default: the recipe's]"),
]
RunArgument = Annotated[
    str, typer.Argument(help="Run folder, OWNER/NAME on the hub, or `demo`, the bundled run.", autocompletion=runs)
]
WorkersOption = Annotated[int | None, typer.Option(min=1, help="Processes of this machine.  \\[default: one per core]")]
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option(help="local: this machine. ray: all machines of a Ray cluster that see the same folders."),
]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda, or auto.")]


def video_of(word: str) -> VideoFile:
    """The video that a word of the command line names: a file or pipe, or ``-`` for standard input.

    Raises:
        UserError: as `sources.file_of` and `sources.read_held`, or nothing is piped in.
    """
    from sign2gpt.inference.sources import file_of, read_held

    if word != "-":
        return file_of(word)
    if sys.stdin.isatty():
        raise UserError("-: standard input is the keyboard; pipe a video in: cat clip.mp4 | sign2gpt ... -")
    return read_held(sys.stdin.buffer, word)


def emit(document: Any, shown: RenderableType, as_json: bool) -> None:
    """Prints ``document`` as JSON or ``shown`` for people, on stdout; a terminal has nothing in it to obey."""
    if as_json:
        text = json.dumps(document, ensure_ascii=False, indent=2)
        print(OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text))  # the same document in JSON's own escapes
    elif isinstance(shown, str):
        print(legible(shown))
    else:
        Screen().print(shown)


def workers_of(engine: str, workers: int | None) -> Workers:
    """Who does a command's work.

    Raises:
        UserError: both a number of processes and Ray are asked for, or there is no Ray.
    """
    if engine == "local":
        return workers
    if workers is not None:
        raise UserError("--workers counts processes of this machine; Ray has a worker on each core, so leave it out")
    from sign2gpt.common.cluster import Cluster

    return Cluster()


def uncalibrated(run: Run) -> list[str]:
    """A line that says so where a run cannot tell when it guesses."""
    from sign2gpt.inference.trust import UNCALIBRATED

    return [] if run.calibration else [f"[yellow]{UNCALIBRATED}[/yellow]"]


def doubts(trust: Trust | None) -> list[str]:
    """A line that says so where a sentence is not to be trusted."""
    return [] if trust is None or not trust.doubt else [f"  [yellow]{trust.told()}[/yellow]"]
