"""Compare: two runs translate one clip, side by side."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from sign2gpt.app import answer
from sign2gpt.app.about import notes_of
from sign2gpt.app.parts import AT_ONCE, AT_WORK, answer_area, clip_input, examples, heading, kept, known, shown
from sign2gpt.app.service import Service
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.words import Words


def compare_tab(service: Service, sessions: Sessions, blocks: gr.Blocks, words: Words) -> None:
    """Lays the tab out and joins its parts."""

    def chosen(video: str | None, request: gr.Request) -> list[str]:
        sessions.hold(request.session_hash, video)
        runs = range(len(service.workers))
        found = [known(service, sessions.remembered(video, run), words, run) for run in runs]
        return [part for told, line, _ in found for part in (told, line)]

    def translate(video: str | None) -> Iterator[list[str]]:
        cells = [answer.waiting(words), ""] * len(service.workers)
        for run in range(len(service.workers)):
            for told, line, _ in shown(service, sessions, video, words, run):
                cells[2 * run : 2 * run + 2] = told, line
                yield cells

    cells: list[gr.HTML] = []
    with gr.Row():
        with gr.Column():
            video = clip_input(service.limits, words)
        with gr.Column():
            examples(video, service, sessions, words)
            start = gr.Button(words("compare"), variant="primary")
    with gr.Row():
        for about in service.about:
            with gr.Column():
                heading(about["name"], *notes_of(about, words))
                cells += [answer_area(words), gr.HTML()]
    kept(video, "compare", blocks, sessions)
    video.change(chosen, video, cells, **AT_ONCE)
    start.click(translate, video, cells, **AT_WORK)
