"""What the page shows of a translation: the text as it grows, then all that is known of it; or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from sign2gpt.app.words import Words


def waiting(words: Words) -> str:
    """Before anything was asked."""
    return _card(f'<p class="sentence quiet">{escape(words("nothing_yet"))}</p>')


def told(what: str) -> str:
    """What is being done before the video is read."""
    return _card(f'<h3>{escape(what)}</h3><progress aria-label="{escape(what)}"></progress>')


def growing(text: str, share: float, words: Words) -> str:
    """The text so far, after a ``share`` of the video."""
    percent, reading = round(100 * share), escape(words("reading"))
    return _card(
        f'<h3>{reading}</h3><progress max="100" value="{percent}" aria-label="{reading}">{percent} %</progress>'
        f'<p class="sentence quiet">{escape(text)}</p>'
    )


def translated(found: Mapping[str, Any], language: str, words: Words) -> str:
    """The whole translation (`Tasks.translate`); ``language`` is that of the text."""
    captions = found["captions"]
    if not captions:
        return refused(words("no_sentence"), words)
    timings = {name.removesuffix("_s"): f"{seconds:.1f}" for name, seconds in found["timings"].items()}
    several = len(captions) > 1
    told = "".join(_caption(caption, language, words, timed=several) for caption in captions)
    return _card(
        f"<h3>{escape(words('captions' if several else 'done'))}</h3>{told}"
        f"{_alternatives(found['alternatives'], captions[0]['log_probability'], language, words)}"
        f'<p class="quiet">{escape(words("timings", **timings))}</p>'
    )


def refused(why: str, words: Words) -> str:
    """Why there is no translation, and what to do."""
    return _card(f"<h3>{escape(words('error'))}</h3><p>{escape(why)}</p>", kind=" refused", role="alert")


def _caption(caption: Mapping[str, Any], language: str, words: Words, *, timed: bool) -> str:
    """A sentence, with a doubt above it where it is not to be trusted; one of several with a way to its moment."""
    start, end = caption["start_s"], caption["end_s"]
    moment = f'<button type="button" class="moment" data-start="{start}">{start:.1f}–{end:.1f} s</button>'
    kind = "sentence short" if timed else "sentence"
    sentence = f'<p class="{kind}" lang="{escape(language)}">{escape(caption["text"])}</p>'
    return f"{moment if timed else ''}{_doubt(caption['trust'], words)}{sentence}"


def _doubt(trust: Mapping[str, Any] | None, words: Words) -> str:
    if trust is None or trust["inside"] is not False:
        return ""
    keys = [reason["key"] for reason in trust["reasons"]]
    reasons = "".join(f"<li>{escape(words(f'doubt_{key}'))}</li>" for key in keys)
    return f'<div class="doubt"><strong>{escape(words("doubt"))}</strong><ul>{reasons}</ul></div>'


def _alternatives(others: Sequence[Mapping[str, Any]], best: float, language: str, words: Words) -> str:
    if not others:
        return ""
    rows = "".join(
        f'<li><span lang="{escape(language)}">{escape(other["text"])}</span>'
        f'<span class="score">{other["log_probability"]:.1f}</span></li>'
        for other in others
    )
    return (
        f'<details><summary>{escape(words("alternatives"))} <span class="score">{best:.1f}</span></summary>'
        f'<p class="quiet">{escape(words("alternatives_help"))}</p><ol>{rows}</ol></details>'
    )


def _card(inside: str, kind: str = "", role: str = "status") -> str:
    return f'<div class="answer{kind}" role="{role}" aria-live="polite">{inside}</div>'
