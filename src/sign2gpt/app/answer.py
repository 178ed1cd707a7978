"""What the page shows of a translation: the text as it grows, then all that is known of it; or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
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
    timings = {"video": f"{found['duration_s']:.1f}", "work": f"{found['timings']['work_s']:.1f}"}
    several = len(captions) > 1
    told = "".join(_caption(caption, language, words, timed=several) for caption in captions)
    uncalibrated = any(not _calibrated(caption["trust"]) for caption in captions)
    return _final(
        f"<h3>{escape(words('captions' if several else 'done'))}</h3>{told}"
        f"{_note(words) if uncalibrated else ''}"
        f"{'' if several else _alternatives(captions[0], language, words)}"
        f'<p class="quiet">{escape(words("timings", **timings))}</p>'
    )


def refused(why: str, words: Words) -> str:
    """Why there is no translation, and what to do."""
    return _final(f"<h3>{escape(words('error'))}</h3><p>{escape(why)}</p>", kind=" refused")


def _caption(caption: Mapping[str, Any], language: str, words: Words, *, timed: bool) -> str:
    """A sentence, with a doubt above it where it is not to be trusted; one of several with a way to its moment."""
    start, end = caption["start_s"], caption["end_s"]
    moment = f'<button type="button" class="moment" data-start="{start}">{start:.1f}–{end:.1f} s</button>'
    kind = "sentence short" if timed else "sentence"
    sentence = f'<p class="{kind}" lang="{escape(language)}">{escape(caption["text"])}</p>'
    return f"{moment if timed else ''}{_doubt(caption['trust'], words)}{sentence}"


def _calibrated(trust: Mapping[str, Any] | None) -> bool:
    """Whether a run was calibrated, so that it can report a guess."""
    return trust is not None and trust.get("calibrated", True)


def _note(words: Words) -> str:
    return f'<p class="quiet">{escape(words("uncalibrated"))}</p>'


def _doubt(trust: Mapping[str, Any] | None, words: Words) -> str:
    if trust is None or trust["inside"] is not False:
        return ""
    keys = [reason["key"] for reason in trust["reasons"]]
    reasons = "".join(f"<li>{escape(words(f'doubt_{key}'))}</li>" for key in keys)
    return f'<div class="doubt"><strong>{escape(words("doubt"))}</strong><ul>{reasons}</ul></div>'


def _alternatives(caption: Mapping[str, Any], language: str, words: Words) -> str:
    """The other sentences with their scores, below the sentence's own: what the search compared."""
    others = caption["alternatives"]
    if not others:
        return ""
    rows = "".join(
        f'<li><span lang="{escape(language)}">{escape(other["text"])}</span>{_score(other, words)}</li>'
        for other in others
    )
    return (
        f"<p>{_score(caption, words)}</p><details><summary>{escape(words('alternatives'))}</summary>"
        f'<p class="quiet">{escape(words("alternatives_help"))}</p><ol>{rows}</ol></details>'
    )


def _score(sentence: Mapping[str, Any], words: Words) -> str:
    number = f"{sentence['score']:.2f}".replace("-", "\N{MINUS SIGN}")
    return f'<span class="score">{escape(words("score", score=number))}</span>'


def _card(inside: str) -> str:
    return f'<div class="answer">{inside}</div>'


def _final(inside: str, kind: str = "") -> str:
    """What does not change any more: `static/page.js` reads it out and moves the focus there."""
    return f'<div class="answer{kind}" data-final>{inside}</div>'
