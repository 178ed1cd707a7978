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
from sign2gpt.inference.shipped import shipped_examples

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
    """A video to choose or to record, with the examples below; the camera's sound is not asked for."""
    heading(words("video"), words("video_help", seconds=f"{limits.seconds:g}", megabytes=limits.megabytes))
    return gr.Video(
        label=words("video"),
        show_label=False,
        sources=["upload", "webcam"],
        include_audio=True,  # False would have Gradio take the sound out of uploads with FFmpeg's program
        webcam_options=gr.WebcamOptions(mirror=False, constraints=CAMERA),
        elem_classes="clip",
        buttons=[],
    )


def examples(video: gr.Video, sessions: Sessions, words: Words) -> None:
    """Buttons that take the examples that come along."""
    gr.HTML(f'<p class="quiet">{escape(words("examples"))}</p>')
    with gr.Row():
        for number, path in enumerate(shipped_examples(), start=1):
            button = gr.Button(words("example", number=number), size="sm", min_width=80)
            button.click(_copied(sessions, path), None, video, **AT_ONCE)


def _copied(sessions: Sessions, path: Path) -> Callable[[gr.Request], str]:
    """What gives every visitor a copy; Gradio's would be one file for all."""

    def copied(request: gr.Request) -> str:
        return str(sessions.copy(request.session_hash, path))

    return copied


def shown(service: Service, video: str | None, words: Words, run: int = 0) -> Iterator[Shown]:
    """What to show, again and again while the worker works."""
    yield answer.growing("", 0.0, words), "", None
    found: Answer = {}
    try:
        for found in service.translate(video, run):
            if "share" in found:
                yield answer.growing(found["text"], found["share"], words), "", None
    except Refused as refused:
        yield answer.refused(words.refusal(refused), words), "", None
        return
    line = timeline(_placed(found), found["duration_s"], words)
    yield answer.translated(found, service.language(run), words), line, found


def _placed(found: Answer) -> list[Answer] | None:
    """All pseudo-glosses of a translation, None where its run has no head."""
    parts = [caption["pseudo_glosses"] for caption in found["captions"]]
    return None if None in parts or not parts else [gloss for part in parts for gloss in part]


def address(path: str | Path) -> str:
    """Where a page finds a file of the uploads' folder."""
    return f"gradio_api/file={escape(Path(path).as_posix())}"
