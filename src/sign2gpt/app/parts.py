"""What several tabs are made of: a clip to choose, and its translation as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from sign2gpt.app import answer
from sign2gpt.app.limits import Limits
from sign2gpt.app.refusals import Refused
from sign2gpt.app.service import Answer, Service
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.timeline import timeline
from sign2gpt.app.words import Words

CAMERA = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}, "audio": False}
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Of the page's own events: no endpoints for programs, and the answer itself tells how far it is."""
AT_ONCE: dict[str, Any] = QUIET | {"queue": False}
Shown = tuple[str, str, Answer | None]
"""The answer's markup, the timeline's, and the whole translation once it is there."""
AT_WORK: dict[str, Any] = QUIET | {"concurrency_id": "work"}


def heading(title: str, *lines: str) -> None:
    """A title with quiet lines below it."""
    told = "".join(f'<p class="quiet">{escape(line)}</p>' for line in lines)
    gr.HTML(f"<h2>{escape(title)}</h2>{told}")


def clip_input(limits: Limits, words: Words) -> gr.Video:
    """A video to choose or to record; the camera's sound is not asked for."""
    heading(words("video"), words("video_help", seconds=f"{limits.seconds:g}", megabytes=limits.megabytes))
    video = gr.Video(
        label=words("video"),
        show_label=False,
        sources=["upload", "webcam"],
        include_audio=True,  # False would have Gradio take the sound out of uploads with FFmpeg's program
        webcam_options=gr.WebcamOptions(mirror=False, constraints=CAMERA),
        elem_classes="clip",
        buttons=[],
    )
    gr.HTML('<p class="wrong" role="alert"></p>')  # `static/page.js` writes there why a file is not sent
    return video


def answer_area(words: Words) -> gr.HTML:
    """Where a translation appears."""
    return gr.HTML(answer.waiting(words), elem_classes="told")


def kept(video: gr.Video, name: str, blocks: gr.Blocks, sessions: Sessions) -> None:
    """A video stays when the page is loaded again, in another language too: its browser tab remembers it.

    The translation comes with it (`Sessions.remembered`), when the video changes.
    """

    def again(path: str | None, request: gr.Request) -> Any:
        if path is None or not sessions.owns(path) or not Path(path).is_file():
            return gr.skip()
        sessions.hold(request.session_hash, path)
        return path

    video.change(None, video, None, js=f"(video) => signed.keep('{name}', video)", **AT_ONCE)
    blocks.load(again, gr.Textbox(visible=False), video, js=f"() => signed.kept('{name}')", **AT_ONCE)


def examples(video: gr.Video, service: Service, sessions: Sessions, words: Words) -> None:
    """Buttons that take clips of what the model was trained on, with the sentences that are signed."""
    if not service.examples:
        return
    gr.HTML(f'<p class="quiet">{escape(words("examples"))}</p>')
    with gr.Column(elem_classes="examples"):
        for number, example in enumerate(service.examples, start=1):
            label = words("example", number=number, text=example["text"])
            button = gr.Button(label, size="sm", elem_classes="example")
            button.click(_copied(sessions, example), None, video, **AT_ONCE)


def _copied(sessions: Sessions, example: Answer) -> Callable[[gr.Request], str]:
    """What gives every visitor a copy; Gradio's would be one file for all."""

    def copied(request: gr.Request) -> str:
        return str(sessions.copy(request.session_hash, Path(example["shown"]), reads=Path(example["path"])))

    return copied


def shown(service: Service, sessions: Sessions, video: str | None, words: Words, run: int = 0) -> Iterator[Shown]:
    """What to show, again and again while the worker works."""
    yield answer.growing("", 0.0, words), "", None
    found: Answer = {}
    try:
        for found in service.translate(video and sessions.reads(video), run):
            if "share" in found:
                yield answer.growing(found["text"], found["share"], words), "", None
    except Refused as refused:
        yield answer.refused(words.refusal(refused), words), "", None
        return
    if video is not None:
        sessions.remember(video, run, found)
    yield known(service, found, words, run)


def known(service: Service, found: Answer | None, words: Words, run: int = 0) -> Shown:
    """What to show of a translation, or before there is one."""
    if found is None:
        return answer.waiting(words), "", None
    line = timeline(_placed(found), found["duration_s"], words)
    return answer.translated(found, service.language(run), words), line, found


def _placed(found: Answer) -> list[Answer] | None:
    """All pseudo-glosses of a translation, None where its run has no head."""
    parts = [caption["pseudo_glosses"] for caption in found["captions"]]
    return None if None in parts or not parts else [gloss for part in parts for gloss in part]


def address(path: str | Path) -> str:
    """Where a page finds a file of the uploads' folder."""
    return f"gradio_api/file={escape(Path(path).as_posix())}"
