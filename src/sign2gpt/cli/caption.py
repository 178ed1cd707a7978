"""`sign2gpt caption`: a long video cut into sentences, as subtitles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import DecodingOption, DeviceOption, JsonOption, RunArgument, doubts, emit, uncalibrated

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.inference.captions import Caption
    from sign2gpt.model.hub import Run

OutputOption = Annotated[
    list[Path] | None,
    typer.Option(
        "-o", "--output", help="File: .vtt, .srt, ELAN's .eaf, .json, or .mp4 with burnt-in text (repeatable)."
    ),
]


def caption(
    run: RunArgument,
    video: Annotated[Path, typer.Argument(help="A video of any length, a GIF or a folder of images.")],
    output: OutputOption = None,
    rest: Annotated[
        float | None, typer.Option(help="Seconds without movement that end a sentence; none: 0.16.")
    ] = None,
    longest: Annotated[
        float | None, typer.Option(help="Seconds of the longest sentence; none: as long as the run's training allows.")
    ] = None,
    device: DeviceOption = "auto",
    decoding: DecodingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Caption a long video: cut it into sentences where the signer rests, and translate each."""
    from dataclasses import replace

    from sign2gpt.common.errors import UserError
    from sign2gpt.common.progress import bar
    from sign2gpt.inference.caption_files import caption_writer
    from sign2gpt.inference.captions import caption_video, usual_segmentation
    from sign2gpt.inference.translator import Translator
    from sign2gpt.video.decode import probe

    writers = [(path, caption_writer(path)) for path in output or []]
    if any(path.resolve() == video.resolve() for path in output or []):
        raise UserError(f"{video}: is the video itself; name another file to write")
    seconds = probe(video).duration_s
    translator = Translator.from_pretrained(run, device)
    translator.decoder()  # a run without one is told before the bar begins
    asked = {"rest_s": rest, "longest_s": longest}
    cuts = replace(
        usual_segmentation(translator), **{name: value for name, value in asked.items() if value is not None}
    )
    chosen = translator.decoding(*(decoding or ())).model_dump()
    found: list[Caption] = []
    with bar("caption (seconds)", round(seconds)) as shown:
        for done in caption_video(translator, video, cuts, **chosen):
            shown.advance(round(done.end_s) - (round(found[-1].end_s) if found else 0))
            found.append(done)
    for path, write in writers:
        write(path, found, video)
    emit({"video": str(video), "captions": [one.to_json() for one in found]}, _sheet(found, translator.run), as_json)


def _sheet(captions: list[Caption], run: Run) -> Group:
    from rich.console import Group
    from rich.markup import escape

    lines: list[str] = []
    for one in captions:
        times = f"[dim]{one.start_s:8.2f} to {one.end_s:.2f} s[/dim]"
        lines += [times, f"  [bold]{escape(one.text)}[/bold]", *doubts(one.trust)]
    return Group(*(lines or ["no sentence found: nothing in this video moves for long enough"]), *uncalibrated(run))
