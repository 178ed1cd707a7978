"""What several tabs are made of: a clip to choose, and its translation as it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from sign2gpt.app.limits import PageLimits, Refused
from sign2gpt.app.page import answer
from sign2gpt.app.page.timeline import timeline
from sign2gpt.app.texts import Texts
from sign2gpt.app.web.sessions import Sessions
from sign2gpt.app.worker.service import Answer, Service

CAMERA = {"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}, "audio": False}
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""The page's own events are no endpoints for programs, and the answer itself shows the progress."""
AT_ONCE: dict[str, Any] = QUIET | {"queue": False}
QUEUED: dict[str, Any] = QUIET | {"concurrency_id": "work"}
Shown = tuple[str, str, Answer | None]
"""HTML of the answer, HTML of the timeline, and the whole translation once it is there."""


def notes_of(about: Mapping[str, Any], texts: Texts) -> list[str]:
    """What everybody must know of a run (`Tasks.about`).

    In the page's language if all signs are invented, else the recipe's notes; and whether it cannot report a guess.
    """
    notes = texts("invented") if about["invented"] else about["notes"]
    return [note for note in (notes, "" if about["calibrated"] else texts("uncalibrated")) if note]


def heading(texts: Texts, title: str, *lines: str) -> None:
    """A title with quiet lines below it."""
    gr.HTML(texts.render("heading", title=title, lines=lines))


def clip_input(limits: PageLimits, texts: Texts) -> gr.Video:
    """A video to choose or to record; the camera's sound is not asked for."""
    help_text = texts("video_help", seconds=f"{limits.seconds:g}", megabytes=limits.megabytes)
    heading(texts, texts("video"), help_text)
    video = gr.Video(
        label=texts("video"),
        show_label=False,
        sources=["upload", "webcam"],
        include_audio=True,  # False would have Gradio take the sound out of uploads with FFmpeg's program
        webcam_options=gr.WebcamOptions(mirror=False, constraints=CAMERA),
        elem_classes="clip",
        buttons=[],
    )
    gr.HTML('<p class="wrong" role="alert"></p>')  # `static/page.js` writes there why a file is not sent
    return video


def answer_area(texts: Texts) -> gr.HTML:
    """Where a translation appears."""
    return gr.HTML(answer.waiting(texts), elem_classes="answer-area")


def remember_video(video: gr.Video, name: str, blocks: gr.Blocks, sessions: Sessions) -> None:
    """Keeps a video when the page is loaded again, in another language too: its browser tab remembers the file.

    Its translation (`Sessions.remembered`) is shown again when the video changes.
    """

    def again(path: str | None, request: gr.Request) -> Any:
        if path is None or not sessions.owns(path) or not Path(path).is_file():
            return gr.skip()
        sessions.hold(request.session_hash, path)
        return path

    video.change(None, video, None, js=f"(video) => signed.remember('{name}', video)", **AT_ONCE)
    blocks.load(again, gr.Textbox(visible=False), video, js=f"() => signed.remembered('{name}')", **AT_ONCE)


def examples(video: gr.Video, service: Service, sessions: Sessions, texts: Texts) -> None:
    """Buttons that take clips of what the model was trained on, with the sentences that are signed."""
    if not service.examples:
        return
    heading(texts, "", texts("examples"))
    with gr.Column(elem_classes="examples"):
        for number, example in enumerate(service.examples, start=1):
            label = texts("example", number=number, text=example["text"])
            button = gr.Button(label, size="sm", elem_classes="example")
            button.click(_copier(sessions, example), None, video, **AT_ONCE)


def _copier(sessions: Sessions, example: Answer) -> Callable[[gr.Request], str]:
    """A function that gives every visitor a copy; Gradio's would be one file for all."""

    def copied(request: gr.Request) -> str:
        return str(sessions.copy(request.session_hash, Path(example["shown"]), reads=Path(example["path"])))

    return copied


def translation_steps(
    service: Service, sessions: Sessions, video: str | None, texts: Texts, run: int = 0
) -> Iterator[Shown]:
    """Has a run translate a video, and yields what to show while it does."""
    yield answer.growing("", 0.0, texts), "", None
    found: Answer = {}
    try:
        for found in service.translate(video and sessions.reads(video), run):
            if "share" in found:
                yield answer.growing(found["text"], found["share"], texts), "", None
    except Refused as refused:
        yield answer.refused(texts.refusal(refused), texts), "", None
        return
    if video is not None:
        sessions.remember(video, run, found)
    yield translation(service, found, texts, run)


def translation(service: Service, found: Answer | None, texts: Texts, run: int = 0) -> Shown:
    """What to show of a translation, or before there is one."""
    if found is None:
        return answer.waiting(texts), "", None
    line = timeline(_pseudo_glosses(found), found["duration_s"], texts)
    return answer.translated(found, service.language(run), texts), line, found


def _pseudo_glosses(found: Answer) -> list[Answer] | None:
    """All pseudo-glosses of a translation, None where its run has no head."""
    parts = [caption["pseudo_glosses"] for caption in found["captions"]]
    return None if None in parts or not parts else [gloss for part in parts for gloss in part]


def address(path: str | Path) -> str:
    """Where a page finds a file of the uploads' folder."""
    return f"gradio_api/file={Path(path).as_posix()}"
