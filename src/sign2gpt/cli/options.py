"""Arguments that several commands share, what a shell completes for them, and how commands print results."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import RenderableType

from sign2gpt.common.errors import UserError
from sign2gpt.common.text import CONTROL, Screen, legible

if TYPE_CHECKING:
    from sign2gpt.common.engine import Workers
    from sign2gpt.inference.trust import Trust
    from sign2gpt.model.runs.run import Run
    from sign2gpt.video.container import VideoFile

DEPTH = 3
"""Levels of folders below the typed one in which completion looks for runs."""


def complete_recipe(incomplete: str) -> list[str]:
    """Bundled recipes, and recipe files."""
    from sign2gpt.recipe import shipped

    return _fitting([*shipped(), *_below(incomplete, "*.y*ml", 1)], incomplete)


def complete_run(incomplete: str) -> list[str]:
    """The bundled run, and run folders."""
    return _fitting(["demo", *(str(Path(found).parent) for found in _below(incomplete, "run.json", DEPTH))], incomplete)


def complete_protocol(incomplete: str) -> list[str]:
    """Text protocols."""
    from sign2gpt.metrics.protocols import PROTOCOLS

    return _fitting(PROTOCOLS, incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _below(incomplete: str, pattern: str, depth: int) -> Iterator[str]:
    """Files in the typed folder, and up to ``depth`` levels below it."""
    folder = Path(incomplete.rpartition("/")[0] or ("/" if incomplete.startswith("/") else "."))
    for level in range(depth + 1):
        yield from map(str, sorted(folder.glob("*/" * level + pattern)))


RecipeArgument = Annotated[
    str, typer.Argument(help="Recipe file, or name of a bundled recipe.", autocompletion=complete_recipe)
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change a key of the recipe: --set model.window=9 (repeatable).")
]
DecodingOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a decoding setting: --set beams=1, --set sampling.top_p=0.9 (repeatable)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, messages on stderr.")]
CorpusArgument = Annotated[Path, typer.Argument(help="Folder of the corpus.")]
CorpusOption = Annotated[
    str | None,
    typer.Option("--corpus", help="Folder of the corpus, or address of its shards.  \\[default: from the recipe]"),
]
RunArgument = Annotated[
    str,
    typer.Argument(help="Run folder, OWNER/NAME on the hub, or `demo`, the bundled run.", autocompletion=complete_run),
]
VideoArgument = Annotated[
    str, typer.Argument(metavar="VIDEO", help="A video, a GIF or a folder of images; - reads a video from a pipe.")
]
WorkersOption = Annotated[int | None, typer.Option(min=1, help="Processes.  \\[default: one per core]")]
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option(help="local: this machine. ray: all machines of a Ray cluster that see the same folders."),
]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda, or auto.")]


def video_of(word: str) -> VideoFile:
    """The video that an argument names: a file or pipe, or ``-`` for standard input.

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
    """Prints ``document`` as JSON or ``shown`` for people, on stdout, without characters that control a terminal."""
    if as_json:
        text = json.dumps(document, ensure_ascii=False, indent=2)
        print(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))  # the same document in JSON's own escapes
    elif isinstance(shown, str):
        print(legible(shown))
    else:
        Screen().print(shown)


def workers_of(engine: str, workers: int | None) -> Workers:
    """The workers of a command.

    Raises:
        UserError: both a number of processes and Ray are asked for, or there is no Ray.
    """
    if engine == "local":
        return workers
    if workers is not None:
        raise UserError("--workers counts processes of this machine; leave it out with --engine ray")
    from sign2gpt.common.cluster import Cluster

    return Cluster()


def uncalibrated(run: Run) -> list[str]:
    """The warning of a run that is not calibrated; empty for others."""
    from sign2gpt.inference.trust import UNCALIBRATED

    return [] if run.calibration else [f"[yellow]{UNCALIBRATED}[/yellow]"]


def doubts(trust: Trust | None) -> list[str]:
    """The warning of a sentence with low confidence; empty for others."""
    return [] if trust is None or not trust.doubt else [f"  [yellow]{trust.describe()}[/yellow]"]
