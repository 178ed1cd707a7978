"""`sign2gpt translate` and `sign2gpt localize`: from a video to its sentence, and to pseudo-glosses in time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sign2gpt.cli.options import (
    DecodingOption,
    DeviceOption,
    JsonOption,
    RunArgument,
    VideoArgument,
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
        metavar="VIDEO...",
        help="Videos, GIFs or folders of images; - reads a video from a pipe.  [default: the bundled examples]",
    ),
]


def translate(
    run: RunArgument,
    videos: VideosArgument = None,
    device: DeviceOption = "auto",
    stream: Annotated[bool, typer.Option(help="Print the sentence so far after each second of video.")] = False,
    frozen_precision: Annotated[
        Literal["fp32", "int8", "nf4"],
        typer.Option(help="Precision of the language model; int8 and nf4 need less memory."),
    ] = "fp32",
    decoding: DecodingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate videos into sentences, with pseudo-glosses in time.

    Videos that cannot be translated are reported on stderr; the others are translated, and the exit code is 2.
    """
    from rich.console import Group
    from rich.markup import escape

    from sign2gpt.common.errors import UserError, error_line
    from sign2gpt.common.progress import bar, say
    from sign2gpt.inference.documents import failure
    from sign2gpt.inference.translator import Translator, shipped_examples

    translator = Translator.from_pretrained(run, device, frozen_precision=frozen_precision)
    translator.require("translate")  # a run without one is refused before any video is read
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
    sheet = Group(*map(_shown, done), *uncalibrated(translator.run), f"[dim]{escape(notes)}[/dim]")
    if done or as_json:
        emit(documents, sheet, as_json)
    if len(done) < len(words):
        raise typer.Exit(2)


def _streamed(translator: Translator, video: VideoFile, decoding: dict[str, Any]) -> Translation:
    """The translation of a video read frame by frame, like a camera's; hypotheses are printed on stderr."""
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


def localize(
    run: RunArgument,
    video: VideoArgument,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="File to write: .png, .svg, .pdf, .json, or ELAN's .eaf."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Least presence of a placed pseudo-gloss.  \\[default: from the recipe]"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Place pseudo-glosses in time, as in Figure 4 of the paper."""
    from rich.markup import escape
    from rich.table import Table

    from sign2gpt.common.errors import UserError
    from sign2gpt.common.files import check_output, write_json
    from sign2gpt.inference.translation import FORMAT
    from sign2gpt.inference.translator import Translator

    kinds = (".png", ".svg", ".pdf", ".json", ".eaf")
    if output is not None and output.suffix.lower() not in kinds:
        raise UserError(f"{output}: cannot write {output.suffix or 'a file without an ending'}; use {', '.join(kinds)}")
    if output is not None:
        check_output(output)
    translator = Translator.from_pretrained(run)
    source = video_of(video)
    found, frames = translator.localize(source)
    placed = found.placed(translator.reader.localizer.place_threshold if threshold is None else threshold)
    document = {
        "format": FORMAT,
        "video": str(source),
        "duration_s": found.duration_s,
        "pseudo_glosses": [vars(gloss) for gloss in placed],
    }
    if output is not None and output.suffix.lower() == ".json":
        write_json(output, document)
    elif output is not None and output.suffix.lower() == ".eaf":
        from sign2gpt.inference.captions.elan import write_eaf

        write_eaf(
            output,
            source if isinstance(source, Path) else None,
            {"pseudo-glosses": [(g.start_s, g.end_s, g.gloss) for g in placed]},
        )
    elif output is not None:
        from sign2gpt.evaluation.plots.localisation import save_picture

        save_picture(output, frames, found, placed)
    table = Table("pseudo-gloss", "from", "to", "presence", box=None)
    for gloss in placed:
        table.add_row(escape(gloss.gloss), f"{gloss.start_s:.2f} s", f"{gloss.end_s:.2f} s", f"{gloss.score:.2f}")
    emit(document, table, as_json)
