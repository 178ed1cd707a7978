"""The endpoints for programs (``gradio_client``, or plain HTTP); the page itself uses none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import gradio as gr
from gradio.events import api as endpoint

from sign2gpt.app.limits import Refused
from sign2gpt.app.texts import LANGUAGES, texts_of
from sign2gpt.app.web.sessions import Sessions
from sign2gpt.app.worker.service import Service


def add_endpoints(service: Service, sessions: Sessions) -> None:
    """Adds ``/translate`` and ``/about`` to the Blocks around."""

    def translate(video: gr.FileData, language: str = "en") -> dict[str, Any]:
        """Translates a video of signing.

        Args:
            video: the file; it is removed after the answer, unless a visitor of the page uses it.
            language: of the message where a video is refused: en, de, zh.

        Returns:
            format; text; duration_s; captions with start_s, end_s, text, log_probability, alternatives, pseudo_glosses,
            trust; timings. docs/translation.schema.json describes them.
        """
        texts, user = texts_of(language if language in LANGUAGES else LANGUAGES[0]), uuid4().hex
        path = Path(cast("dict[str, str]", video)["path"])
        if not sessions.owns(path):
            raise gr.Error(texts("refused_gone"), print_exception=False)
        sessions.hold(user, path)
        try:
            *_, found = service.translate(str(path))
        except Refused as refused:
            raise gr.Error(texts.refusal(refused), print_exception=False) from None
        finally:
            sessions.leave(user)
        return found

    def about() -> list[dict[str, Any]]:
        """Describes each run: what the model is, what it was trained on, and its notes."""
        return service.about

    endpoint(translate, api_name="translate", concurrency_id="work")
    endpoint(about, api_name="about")
