"""`sign2gpt translate`: from a video to its sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sign2gpt.cli.options import (
    DecodingOption,
    DeviceOption,
    JsonOption,
    RunArgument,
    doubts,
    emit,
    uncalibrated,
    video_of,
)

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.inference.translation import Translation
    from sign2gpt.inference.translator import Translator
    from sign2gpt.video.container import VideoFile

VideosArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[VIDEO]...",
        help="Videos, GIFs or folders of images; - reads a video from a pipe.  [default: the bundled examples]",
    ),
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

    A video that cannot be translated does not end the others: it is reported on stderr, and the exit code is 2.

    Try it before anything is trained: sign2gpt translate demo
    """
    from rich.console import Group
    from rich.markup import escape

    from sign2gpt.common.errors import UserError, error_line
    from sign2gpt.common.progress import bar, say
    from sign2gpt.inference.documents import failure
    from sign2gpt.inference.translator import Translator, shipped_examples

    translator = Translator.from_pretrained(run, device, frozen_precision=frozen_precision)
    translator.decoder()  # a run without one is refused before any video is read
    chosen = translator.decoding(*(decoding or ())).model_dump()
    words = videos or [str(example) for example in shipped_examples()]
    documents: list[dict[str, Any]] = []
    done: list[Translation] = []
    with bar("translate", len(words), shown=len(words) > 1) as shown:
        for word in words:
            try:
                video = video_of(word)
                done.append(_streamed(translator, video, chosen) if stream else translator.translate(video, **chosen))
                documents.append(done[-1].to_json())
            except UserError as error:
                documents.append(failure(word, str(error)))
                say(error_line(error))
            shown.advance()
    notes = str(translator.run.recipe.get("notes", ""))
    told = (_shown(translation) for translation in done)
    sheet = Group(*told, *uncalibrated(translator.run), f"[dim]{escape(notes)}[/dim]")
    if done or as_json:
        emit(documents, sheet, as_json)
    if len(done) < len(words):
        raise typer.Exit(2)


def _streamed(translator: Translator, video: VideoFile, decoding: dict[str, Any]) -> Translation:
    """The translation of a video that is read as a camera's frames would come, each hypothesis told on stderr."""
    from sign2gpt.common.progress import say
    from sign2gpt.video.decode import shown_frames

    start_s, frames = shown_frames(video, frame_rate=translator.frame_rate, size=translator.stored_size)
    for found in translator.stream(frames, **decoding):
        if not found.final:
            say(f"{found.seen_s:6.1f} s  {found.text}")
    return replace(found, id=str(video)).later(start_s)


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
