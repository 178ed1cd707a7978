"""`sign2gpt translate`: from a video to its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import JsonOption, RunArgument, emit

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.inference.translation import Translation

VideosArgument = Annotated[
    list[Path] | None, typer.Argument(help="Videos, GIFs or folders of images; none: the examples that come along.")
]


def translate(
    run: RunArgument,
    videos: VideosArgument = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto.")] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Translate videos into sentences, with pseudo-glosses in time.

    Try it before anything is trained: sign2gpt translate demo
    """
    from rich.console import Group
    from rich.markup import escape

    from sign2gpt.common.progress import bar
    from sign2gpt.inference.translator import Translator, shipped_examples

    translator = Translator.from_pretrained(run, device)
    paths = videos or shipped_examples()
    done: list[Translation] = []
    with bar("translate", len(paths), shown=len(paths) > 1) as shown:
        for path in paths:
            done.append(translator.translate(path))
            shown.advance()
    notes = str(translator.run.recipe.get("notes", ""))
    sheet = Group(*(_shown(translation) for translation in done), f"[dim]{escape(notes)}[/dim]")
    emit([translation.to_json() for translation in done], sheet, as_json)


def _shown(translation: Translation) -> Group:
    from rich.console import Group
    from rich.markup import escape

    glosses = " ".join(f"{escape(g.gloss)}@{g.start_s:.1f}s" for g in translation.pseudo_glosses or [])
    seconds = sum(translation.timings.values())
    return Group(
        f"[dim]{escape(translation.id)}[/dim]",
        f"  [bold]{escape(translation.text)}[/bold]",
        f"  log-probability {translation.log_probability:.2f}, {seconds:.2f} s",
        *([f"  pseudo-glosses: {glosses}"] if glosses else []),
        "",
    )
