"""What the page tells of its model: what it is, what it was trained on, what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from sign2gpt.app.words import Words


def notes_of(about: Mapping[str, Any], words: Words) -> list[str]:
    """What everybody must know of a run.

    In the page's language where all signs are invented, else as its recipe says; and whether it can report a guess.
    """
    notes = words("invented") if about["invented"] else about["notes"]
    return [note for note in (notes, "" if about["calibrated"] else words("uncalibrated")) if note]


def about_model(about: Mapping[str, Any], words: Words) -> str:
    """Markup of what `Tasks.about` found in the run folder."""
    corpus = about["corpus"]
    what = words(
        "about_is_text",
        parameters=f"{about['parameters'] / 1e6:.1f}",
        glosses=about["glosses"],
        rate=f"{about['frame_rate']:g}",
        size=about["size"],
    )
    told = [corpus["name"], corpus["notice"], corpus["licence"] and f"{words('licence')}: {corpus['licence']}"]
    trained = [line for line in told if line]
    if about["bleu4"] is not None:
        trained.append(words("about_score", bleu=f"{about['bleu4']:.1f}"))
    sections = {
        words("about_not"): [*notes_of(about, words), words("about_not_text")],
        words("about_is"): [f"{about['name']}: {what}"],
        words("about_trained"): trained,
    }
    return "".join(_section(title, lines) for title, lines in sections.items())


def _section(title: str, lines: list[str]) -> str:
    return f"<h3>{escape(title)}</h3>{''.join(f'<p>{escape(line)}</p>' for line in lines if line)}"
