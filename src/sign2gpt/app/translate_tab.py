"""Translate: a video from a file, the camera or the examples; the sentence next to it, its timeline below.

The parts are in the order in which a narrow screen shows them; `static/page.css` puts them side by side on a wide one.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from sign2gpt.app import answer
from sign2gpt.app.parts import AT_ONCE, AT_WORK, Shown, address, answer_area, clip_input, examples, kept, known, shown
from sign2gpt.app.refusals import Refused
from sign2gpt.app.service import Answer, Service
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.words import Words


def translate_tab(service: Service, sessions: Sessions, blocks: gr.Blocks, words: Words) -> None:
    """Lays the tab out and joins its parts."""

    def chosen(video: str | None, request: gr.Request) -> Shown:
        sessions.hold(request.session_hash, video)
        return known(service, sessions.remembered(video), words)

    def translate(video: str | None) -> Iterator[Shown]:
        yield from shown(service, sessions, video, words)

    def offer(found: Answer | None) -> tuple[Any, str]:
        return gr.update(visible=bool(found and found["captions"])), ""

    def keep(video: str, found: Answer, request: gr.Request) -> Iterator[str]:
        yield answer.told(words("keeping"))
        folder = sessions.new_folder()
        try:
            names = service.keep(sessions.reads(video), found["captions"], folder)
        except Refused as refused:
            sessions.drop(folder)
            yield answer.refused(words.refusal(refused), words)
            return
        for name in names:
            sessions.hold(request.session_hash, folder / name)
        yield _kept([folder / name for name in names], Path(video).stem, words)

    with gr.Row(elem_classes="bench"):
        with gr.Column():
            video = clip_input(service.limits, words)
        with gr.Column():
            start = gr.Button(words("translate"), variant="primary")
            told, found = answer_area(words), gr.State(None)
            wish, files = gr.Button(words("keep"), visible=False), gr.HTML()
        with gr.Column():
            track = gr.HTML()
            examples(video, service, sessions, words)
    kept(video, "translate", blocks, sessions)
    video.change(chosen, video, [told, track, found], **AT_ONCE)
    start.click(translate, video, [told, track, found], **AT_WORK)
    found.change(offer, found, [wish, files], **AT_ONCE)
    wish.click(keep, [video, found], files, **AT_WORK)


def _kept(files: list[Path], stem: str, words: Words) -> str:
    """Links to the files, and the picture itself where there is one."""
    links = "".join(
        f'<li><a href="{address(path)}" download="{escape(stem)}{path.suffix}">'
        f"{escape(words(f'kept_{path.suffix[1:]}'))}</a></li>"
        for path in files
    )
    pictures = "".join(
        f'<img src="{address(path)}" alt="{escape(words("picture"))}">' for path in files if path.suffix == ".png"
    )
    return f'<div class="answer"><h3>{escape(words("kept"))}</h3><ul>{links}</ul>{pictures}</div>'
