"""The page, once in each language, and beside it the API that programs use."""

from __future__ import annotations

from html import escape

import gradio as gr

from sign2gpt.app import api
from sign2gpt.app.about import about_model, notes_of
from sign2gpt.app.compare_tab import compare_tab
from sign2gpt.app.service import Service
from sign2gpt.app.sessions import Sessions
from sign2gpt.app.sign_tab import sign_tab
from sign2gpt.app.translate_tab import translate_tab
from sign2gpt.app.words import LANGUAGES, Words, words_of


def build_page(service: Service, sessions: Sessions) -> gr.Blocks:
    """All pages: ``/en``, ``/de``, ``/zh``; the root has the API alone, visitors are sent on (`serving`)."""
    blocks = gr.Blocks(title="sign2gpt", analytics_enabled=False, fill_width=True)

    with blocks:
        api.add_endpoints(service, sessions)
    for language in LANGUAGES:
        words = words_of(language)
        with blocks.route(words("name"), f"/{language}"):
            gr.HTML(_header(words, service))
            with gr.Tabs():
                with gr.Tab(words("translate_tab")):
                    translate_tab(service, sessions, blocks, words)
                if service.about[0]["signs"]:
                    with gr.Tab(words("sign_tab")):
                        sign_tab(service, sessions, words)
                if len(service.workers) > 1:
                    with gr.Tab(words("compare_tab")):
                        compare_tab(service, sessions, blocks, words)
            with gr.Accordion(words("about"), open=False, elem_classes="about"):
                gr.HTML(about_model(service.about[0], words))
    return blocks


def _header(words: Words, service: Service) -> str:
    links = "".join(
        f'<a href="{other}" lang="{other}" hreflang="{other}"{_current(other == words.language)}>'
        f"{escape(words_of(other)('name'))}</a>"
        for other in LANGUAGES
    )
    notes = notes_of(service.about[0], words)
    return (
        f'<header class="top"><div><h1>{escape(words("title"))}</h1><p>{escape(words("tagline"))}</p></div>'
        f'<nav aria-label="{escape(words("languages"))}">{links}</nav></header>'
        f'<div class="notes">{"".join(f"<p>{escape(note)}</p>" for note in notes)}</div>'
        f"{_for_script(words, service)}"
    )


def _for_script(words: Words, service: Service) -> str:
    """The place that is read out, with the texts and limits that `static/page.js` needs."""
    megabytes = service.limits.megabytes
    told = {
        "title": f"{words('title')} · {service.about[0]['name']}",
        "record": words("record"),
        "stop": words("stop"),
        "wrong": words("not_video"),
        "large": words("too_large", megabytes=megabytes),
        "most": megabytes << 20,
    }
    data = "".join(f' data-{name}="{escape(str(value))}"' for name, value in told.items())
    return f'<div class="live" role="status" aria-live="polite"{data}></div>'


def _current(is_current: bool) -> str:
    return ' aria-current="page"' if is_current else ""
