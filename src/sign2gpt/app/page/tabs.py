"""The page's tabs: translate a video, have the avatar sign a text, compare two runs on one clip.

Parts are in the order in which a narrow screen shows them; on a wide one `static/page.css` arranges them in columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from sign2gpt.app.limits import Refused
from sign2gpt.app.page import answer
from sign2gpt.app.page.parts import (
    AT_ONCE,
    QUEUED,
    Shown,
    address,
    answer_area,
    clip_input,
    examples,
    heading,
    notes_of,
    remember_video,
    translation,
    translation_steps,
)
from sign2gpt.app.texts import Texts
from sign2gpt.app.web.sessions import Sessions
from sign2gpt.app.worker.service import Answer, Service

LONGEST_TEXT = 300
"""Characters of a text that the avatar signs."""


def translate_tab(service: Service, sessions: Sessions, blocks: gr.Blocks, texts: Texts) -> None:
    """A video from a file, the camera or the examples; its sentence, timeline and downloads."""

    def chosen(video: str | None, request: gr.Request) -> Shown:
        sessions.hold(request.session_hash, video)
        return translation(service, sessions.remembered(video), texts)

    def translate(video: str | None) -> Iterator[Shown]:
        yield from translation_steps(service, sessions, video, texts)

    def offer(found: Answer | None) -> tuple[Any, str]:
        return gr.update(visible=bool(found and found["captions"])), ""

    def export(video: str, found: Answer, request: gr.Request) -> Iterator[str]:
        yield from _export_steps(service, sessions, video, found, request.session_hash, texts)

    with gr.Row(elem_classes="bench"):
        with gr.Column():
            video = clip_input(service.limits, texts)
        with gr.Column():
            start = gr.Button(texts("translate"), variant="primary")
            result, found = answer_area(texts), gr.State(None)
            wish, files = gr.Button(texts("export"), visible=False), gr.HTML()
        with gr.Column():
            track = gr.HTML()
            examples(video, service, sessions, texts)
    remember_video(video, "translate", blocks, sessions)
    video.change(chosen, video, [result, track, found], **AT_ONCE)
    start.click(translate, video, [result, track, found], **QUEUED)
    found.change(offer, found, [wish, files], **AT_ONCE)
    wish.click(export, [video, found], files, **QUEUED)


def _export_steps(
    service: Service, sessions: Sessions, video: str, found: Answer, session: str | None, texts: Texts
) -> Iterator[str]:
    """Has the downloads of a translation written, and yields what to show: at the end, links to them."""
    yield answer.working(texts("exporting"), texts)
    folder = sessions.new_folder()
    try:
        names = service.export(sessions.reads(video), found["captions"], folder)
    except Refused as refused:
        sessions.drop(folder)
        yield answer.refused(texts.refusal(refused), texts)
        return
    for name in names:
        sessions.hold(session, folder / name)
    files = {Path(name).suffix: address(folder / name) for name in names}
    yield texts.render("downloads", files=files, stem=Path(video).stem)


def sign_tab(service: Service, sessions: Sessions, texts: Texts) -> None:
    """The avatar signs glosses or a German sentence, then the model translates the avatar's video."""

    def sign(text: str, request: gr.Request) -> Iterator[tuple[Any, str, str]]:
        yield "", answer.working(texts("signing"), texts), ""
        try:
            out = sessions.new_folder() / "avatar.mp4"
            sessions.hold(request.session_hash, out)
            signed = service.sign(text, out)
        except Refused as refused:
            yield "", answer.refused(texts.refusal(refused), texts), ""
            return
        clip = texts.render("signed", address=address(out), glosses=signed["glosses"], left_out=signed["left_out"])
        yield clip, answer.waiting(texts), ""
        for found, line, _ in translation_steps(service, sessions, str(out), texts):
            yield gr.skip(), found, line  # the avatar's video keeps playing

    with gr.Row():
        with gr.Column():
            help_text = texts("sign_help", glosses=service.limits.glosses)
            heading(texts, texts("sign_what"), help_text, texts("sign_notice"))
            text = gr.Textbox(
                label=texts("sign_what"),
                show_label=False,
                placeholder=texts("sign_placeholder"),
                max_length=LONGEST_TEXT,
            )
            start = gr.Button(texts("sign"), variant="primary")
            clip, track = gr.HTML(), gr.HTML()
        with gr.Column():
            heading(texts, texts("read_back"))
            result = answer_area(texts)
    gr.on([start.click, text.submit], sign, text, [clip, result, track], **QUEUED)


def compare_tab(service: Service, sessions: Sessions, blocks: gr.Blocks, texts: Texts) -> None:
    """Two runs translate one clip; their answers are shown next to each other."""
    runs = range(len(service.workers))

    def chosen(video: str | None, request: gr.Request) -> list[str]:
        sessions.hold(request.session_hash, video)
        found = [translation(service, sessions.remembered(video, run), texts, run) for run in runs]
        return [part for result, line, _ in found for part in (result, line)]

    def translate(video: str | None) -> Iterator[list[str]]:
        shown = [answer.waiting(texts), ""] * len(runs)
        for run in runs:
            for result, line, _ in translation_steps(service, sessions, video, texts, run):
                shown[2 * run : 2 * run + 2] = result, line
                yield shown

    cells: list[gr.HTML] = []
    with gr.Row():
        with gr.Column():
            video = clip_input(service.limits, texts)
        with gr.Column():
            examples(video, service, sessions, texts)
            start = gr.Button(texts("compare"), variant="primary")
    with gr.Row():
        for about in service.about:
            with gr.Column():
                heading(texts, about["name"], *notes_of(about, texts))
                cells += [answer_area(texts), gr.HTML()]
    remember_video(video, "compare", blocks, sessions)
    video.change(chosen, video, cells, **AT_ONCE)
    start.click(translate, video, cells, **QUEUED)
