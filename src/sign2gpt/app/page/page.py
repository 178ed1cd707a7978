"""The page, once in each language, together with the API that programs use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from sign2gpt.app.page.parts import notes_of
from sign2gpt.app.page.tabs import compare_tab, sign_tab, translate_tab
from sign2gpt.app.texts import LANGUAGES, Texts, texts_of
from sign2gpt.app.web import api
from sign2gpt.app.web.sessions import Sessions
from sign2gpt.app.worker.service import Service


def build_page(service: Service, sessions: Sessions) -> gr.Blocks:
    """All pages: ``/en``, ``/de``, ``/zh``; the root has the API alone and redirects visitors (`serving`)."""
    blocks = gr.Blocks(title="sign2gpt", analytics_enabled=False, fill_width=True)

    with blocks:
        api.add_endpoints(service, sessions)
    for language in LANGUAGES:
        texts = texts_of(language)
        with blocks.route(texts("name"), f"/{language}"):
            gr.HTML(header(service, texts))
            with gr.Tabs():
                with gr.Tab(texts("translate_tab")):
                    translate_tab(service, sessions, blocks, texts)
                if service.about[0]["signs"]:
                    with gr.Tab(texts("sign_tab")):
                        sign_tab(service, sessions, texts)
                if len(service.workers) > 1:
                    with gr.Tab(texts("compare_tab")):
                        compare_tab(service, sessions, blocks, texts)
            with gr.Accordion(texts("about"), open=False, elem_classes="about"):
                gr.HTML(about_model(service.about[0], texts))
    return blocks


def header(service: Service, texts: Texts) -> str:
    """Title, languages, and what everybody must know; with the texts and limits that `static/page.js` needs."""
    about = service.about[0]
    languages = {language: texts_of(language)("name") for language in LANGUAGES}
    notes, megabytes = notes_of(about, texts), service.limits.megabytes
    return texts.render("header", languages=languages, notes=notes, run=about["name"], megabytes=megabytes)


def about_model(about: Mapping[str, Any], texts: Texts) -> str:
    """What the model is (`Tasks.about`), what it was trained on, and what it must not be used for."""
    corpus = about["corpus"]
    what = texts(
        "about_is_text",
        parameters=f"{about['parameters'] / 1e6:.1f}",
        glosses=about["glosses"],
        rate=f"{about['frame_rate']:g}",
        size=about["size"],
    )
    licence = corpus["licence"] and f"{texts('licence')}: {corpus['licence']}"
    score = "" if about["bleu4"] is None else texts("about_score", bleu=f"{about['bleu4']:.1f}")
    sections = {
        texts("about_not"): [*notes_of(about, texts), texts("about_not_text")],
        texts("about_is"): [f"{about['name']}: {what}"],
        texts("about_trained"): [corpus["name"], corpus["notice"], licence, score],
    }
    return texts.render("about", sections=sections)
