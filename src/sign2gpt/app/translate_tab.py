"""Translate: a video from a file, the camera or the examples, its timeline below it, the sentence beside it."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from sign2gpt.app import answer
from sign2gpt.app.parts import AT_ONCE, AT_WORK, clip_input, examples, shown
from sign2gpt.app.service import Service
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.words import Words


def translate_tab(service: Service, sessions: Sessions, words: Words) -> None:
    """Lays the tab out and joins its parts."""

    def chosen(video: str | None, request: gr.Request) -> tuple[str, str]:
        sessions.hold(request.session_hash, video)
        return answer.waiting(words), ""

    def translate(video: str | None) -> Iterator[tuple[str, str]]:
        yield from shown(service, video, words)

    with gr.Row():
        with gr.Column():
            video = clip_input(service.limits, words)
            track = gr.HTML()
            examples(video, words)
        with gr.Column():
            start = gr.Button(words("translate"), variant="primary")
            told = gr.HTML(answer.waiting(words))
    video.change(chosen, video, [told, track], **AT_ONCE)
    start.click(translate, video, [told, track], **AT_WORK)
