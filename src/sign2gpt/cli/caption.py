"""`sign2gpt caption`: subtitles for a long video."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from sign2gpt.common.errors import Problems, UserError

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.inference.captions.captions import Caption
    from sign2gpt.model.runs.run import Run
    from sign2gpt.video.container import VideoFile

OutputOption = Annotated[
    list[Path] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="File to write: .vtt, .srt, ELAN's .eaf, .json, or .mp4 with burnt-in text (repeatable).",
    ),
]


def caption(
    run: RunArgument,
    video: VideoArgument,
    output: OutputOption = None,
    rest: Annotated[
        float | None, typer.Option(help="Seconds without movement that end a sentence.  \\[default: 0.16]")
    ] = None,
    longest: Annotated[
        float | None, typer.Option(help="Longest sentence, in seconds.  \\[default: from the run's training]")
    ] = None,
    device: DeviceOption = "auto",
    decoding: DecodingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Caption a long video: cut it into sentences where the signer rests, and translate each.

    After Ctrl-C, or where the video is damaged, the captions so far are printed and written.
    """
    from dataclasses import replace

    from sign2gpt.common.progress import say
    from sign2gpt.inference.captions.captions import caption_video, captions_document, usual_segmentation
    from sign2gpt.inference.translator import Translator
    from sign2gpt.video.decode import probe

    source = video_of(video)
    outputs = _outputs(output or [], source)
    seconds = probe(source).duration_s
    translator = Translator.from_pretrained(run, device)
    translator.require("translate")  # a run without one is refused before the bar begins
    asked = {name: value for name, value in (("rest_s", rest), ("longest_s", longest)) if value is not None}
    cuts = replace(usual_segmentation(translator), **asked) if asked else None
    chosen = translator.decoding(*(decoding or ())).model_dump()
    with _interrupted_by_sigterm():
        found, stopped = _until_stopped(caption_video(translator, source, cuts, **chosen), seconds)
        until_s = found[-1].end_s if stopped else None
        emit(captions_document(source, found, until_s), _sheet(found, translator.run), as_json)
        _write(outputs, found, source, until_s)
    if stopped is not None:
        where = f"in {', '.join(map(str, outputs))}" if outputs else "printed"
        ended = f"{len(found):,} captions up to {until_s:.2f} s are {where}"
        if isinstance(stopped, UserError):
            raise UserError(f"{stopped}; {ended}")
        say(f"stopped: {ended}")
        raise stopped


def _outputs(output: list[Path], video: VideoFile) -> list[Path]:
    """The files to write, checked; videos last, because they take long."""
    from sign2gpt.common.files import check_output
    from sign2gpt.inference.captions.files import caption_writer

    for path in output:
        caption_writer(path)
        if isinstance(video, Path) and path.resolve() == video.resolve():
            raise UserError(f"{video}: is the video itself; name another output")
        check_output(path)
    return sorted(output, key=lambda path: path.suffix.lower() == ".mp4")


@contextmanager
def _interrupted_by_sigterm() -> Generator[None]:
    """SIGTERM, which ends a process, does what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _until_stopped(
    captions: Iterable[Caption], seconds: float
) -> tuple[list[Caption], UserError | KeyboardInterrupt | None]:
    """All captions and None, or those before an error or Ctrl-C, and that; without captions it is raised."""
    from sign2gpt.common.progress import bar

    found: list[Caption] = []
    try:
        with bar("caption (seconds)", round(seconds)) as shown:
            for done in captions:
                shown.advance(round(done.end_s) - (round(found[-1].end_s) if found else 0))
                found.append(done)
    except (UserError, KeyboardInterrupt) as stop:
        if not found:
            raise
        return found, stop
    return found, None


def _write(outputs: list[Path], captions: list[Caption], video: VideoFile, until_s: float | None) -> None:
    """Writes the captions to every file that takes them; the errors of others are raised together."""
    from sign2gpt.inference.captions.files import write_captions

    problems = Problems("the captions are printed, but")
    for path in outputs:
        try:
            write_captions(path, captions, video, until_s)
        except UserError as error:
            problems.add(str(error))
        except OSError as error:
            problems.add(f"{path}: cannot be written ({error.strerror})")
    problems.raise_if_any()


def _sheet(captions: list[Caption], run: Run) -> Group:
    from rich.console import Group
    from rich.markup import escape

    lines: list[str] = []
    for one in captions:
        times = f"[dim]{one.start_s:8.2f} to {one.end_s:.2f} s[/dim]"
        lines += [times, f"  [bold]{escape(one.text)}[/bold]", *doubts(one.trust)]
    return Group(*(lines or ["no sentence found: nothing in this video moves long enough"]), *uncalibrated(run))
