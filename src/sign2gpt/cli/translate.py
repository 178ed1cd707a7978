"""`sign2gpt translate`: from a video to its sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sign2gpt.cli.options import DecodingOption, DeviceOption, JsonOption, RunArgument, doubts, emit, uncalibrated

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.inference.translation import Translation
    from sign2gpt.inference.translator import Translator

VideosArgument = Annotated[
    list[Path] | None, typer.Argument(help="Videos, GIFs or folders of images; none: the examples that come along.")
]


def translate(
    run: RunArgument,
    videos: VideosArgument = None,
    device: DeviceOption = "auto",
    stream: Annotated[bool, typer.Option(help="Show how the sentence grows, after each second of video.")] = False,
    frozen_precision: Annotated[
        Literal["fp32", "int8", "nf4"], typer.Option(help="The language model's matrices in 8 or 4 bits: less memory.")
    ] = "fp32",
    decoding: DecodingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate videos into sentences, with pseudo-glosses in time.

    Try it before anything is trained: sign2gpt translate demo
    """
    from rich.console import Group
    from rich.markup import escape

    from sign2gpt.common.progress import bar
    from sign2gpt.inference.translator import Translator, shipped_examples

    translator = Translator.from_pretrained(run, device, frozen_precision=frozen_precision)
    chosen = translator.decoding(*(decoding or ())).model_dump()
    paths = videos or shipped_examples()
    done: list[Translation] = []
    with bar("translate", len(paths), shown=len(paths) > 1) as shown:
        for path in paths:
            done.append(_streamed(translator, path, chosen) if stream else translator.translate(path, **chosen))
            shown.advance()
    notes = str(translator.run.recipe.get("notes", ""))
    told = (_shown(translation) for translation in done)
    sheet = Group(*told, *uncalibrated(translator.run), f"[dim]{escape(notes)}[/dim]")
    emit([translation.to_json() for translation in done], sheet, as_json)


def _streamed(translator: Translator, path: Path, decoding: dict[str, Any]) -> Translation:
    """The translation of a video that is read as a camera's frames would come, each hypothesis told on stderr."""
    from sign2gpt.common.progress import say
    from sign2gpt.video.decode import iter_frames

    frames = iter_frames(path, frame_rate=translator.frame_rate, size=translator.stored_size)
    for found in translator.stream(frames, **decoding):
        if not found.final:
            say(f"{found.seen_s:6.1f} s  {found.text}")
    return replace(found, id=str(path))


def _shown(translation: Translation) -> Group:
    from rich.console import Group
    from rich.markup import escape

    glosses = " ".join(f"{escape(g.gloss)}@{g.start_s:.1f}s" for g in translation.pseudo_glosses or [])
    seconds = sum(translation.timings.values())
    return Group(
        f"[dim]{escape(translation.id)}[/dim]",
        f"  [bold]{escape(translation.text)}[/bold]",
        f"  log-probability {translation.log_probability:.2f}, took {seconds:.2f} s",
        *([f"  pseudo-glosses: {glosses}"] if glosses else []),
        *doubts(translation.trust),
        "",
    )
