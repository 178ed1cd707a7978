"""A translation as HTML: the text as it grows, then the whole result, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sign2gpt.app.texts import Texts


def waiting(texts: Texts) -> str:
    """Before anything was asked."""
    return texts.render("waiting")


def working(what: str, texts: Texts) -> str:
    """What is being done, where its progress is unknown."""
    return texts.render("progress", title=what)


def growing(text: str, share: float, texts: Texts) -> str:
    """The text so far, after a ``share`` of the video."""
    return texts.render("progress", title=texts("reading"), percent=round(100 * share), text=text)


def translated(found: Mapping[str, Any], language: str, texts: Texts) -> str:
    """The whole translation (`Tasks.translate`); ``language`` is that of the text."""
    captions = found["captions"]
    if not captions:
        return refused(texts("no_sentence"), texts)
    uncalibrated = any(not _calibrated(caption["trust"]) for caption in captions)
    times = {"video_s": found["duration_s"], "work_s": found["timings"]["work_s"]}
    return texts.render("translation", captions=captions, language=language, uncalibrated=uncalibrated, **times)


def refused(why: str, texts: Texts) -> str:
    """Why there is no translation, and what to do."""
    return texts.render("refused", why=why)


def _calibrated(trust: Mapping[str, Any] | None) -> bool:
    """Whether the run can report a guess."""
    return trust is not None and trust.get("calibrated", True)
