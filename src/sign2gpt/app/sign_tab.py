"""Sign it: the avatar signs glosses or a German sentence, then the model reads the avatar's video."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from sign2gpt.app import answer
from sign2gpt.app.parts import AT_WORK, address, answer_area, heading, shown
from sign2gpt.app.refusals import Refused
from sign2gpt.app.service import Answer, Service
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.words import Words

LONGEST_TEXT = 300
Shown = tuple[Any, str, str]
"""What the avatar signs, the translation, the timeline."""


def sign_tab(service: Service, sessions: Sessions, words: Words) -> None:
    """Lays the tab out and joins its parts."""

    def sign(text: str, request: gr.Request) -> Iterator[Shown]:
        yield "", answer.told(words("signing")), ""
        try:
            out = sessions.new_folder() / "avatar.mp4"
            sessions.hold(request.session_hash, out)
            signed = service.sign(text, out)
        except Refused as refused:
            yield "", answer.refused(words.refusal(refused), words), ""
            return
        yield _signed(signed, words), answer.waiting(words), ""
        for found, line, _ in shown(service, sessions, signed["video"], words):
            yield gr.skip(), found, line  # the avatar goes on meanwhile

    with gr.Row():
        with gr.Column():
            heading(words("sign_what"), words("sign_help", glosses=service.limits.glosses), words("sign_notice"))
            text = gr.Textbox(
                label=words("sign_what"),
                show_label=False,
                placeholder=words("sign_placeholder"),
                max_length=LONGEST_TEXT,
            )
            start = gr.Button(words("sign"), variant="primary")
            clip, track = gr.HTML(), gr.HTML()
        with gr.Column():
            heading(words("read_back"))
            told = answer_area(words)
    gr.on([start.click, text.submit], sign, text, [clip, told, track], **AT_WORK)


def _signed(signed: Answer, words: Words) -> str:
    lines = [
        f'<video controls autoplay muted playsinline aria-label="{escape(words("signed_video"))}" '
        f'src="{address(signed["video"])}"></video>',
        f"<p>{escape(words('signed'))}: <strong>{escape(signed['glosses'])}</strong></p>",
    ]
    if signed["left_out"]:
        left_out = words("left_out", words=", ".join(signed["left_out"]))
        lines.append(f'<p class="quiet">{escape(left_out)}</p>')
    return "".join(lines)
