"""Cards: the ``README.md`` that describes a run or a corpus, headed by keys that the Hugging Face hub reads."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from sign2gpt.common.config import to_yaml
from sign2gpt.common.files import LARGEST_TEXT, open_file, write_text

CARD = "README.md"
MARK = "<!-- Written by sign2gpt; without this line it is yours and is left as it is. -->"
KNOWN_LICENCES = re.compile(r"(apache-2\.0|mit|cc0-1\.0|cc-by(-nc)?(-sa|-nd)?-[1-4]\.0)\b", re.IGNORECASE)


def card(front: dict[str, Any], parts: list[str]) -> str:
    """A card's text: the keys, then the parts that are not empty."""
    text = "\n\n".join(part for part in parts if part)
    return f"---\n{to_yaml(front)}---\n{MARK}\n\n{text}\n"


def own_card(folder: Path) -> str | None:
    """The card of a folder where a person wrote or edited it; None where there is no card, or only ours."""
    path = folder / CARD
    if not path.exists():
        return None
    with open_file(path, LARGEST_TEXT) as file:
        text = file.read().decode("utf-8", errors="replace")
    return None if MARK in text else text


def write_card(folder: Path, text: str) -> None:
    """Writes the card of a folder, unless a person wrote or edited it."""
    if own_card(folder) is None:
        write_text(folder / CARD, text)


def licence_keys(licence: str) -> dict[str, str]:
    """The hub's keys for terms such as "Apache-2.0; ..." or "research only": one of its names, or `other`."""
    known = KNOWN_LICENCES.match(licence.strip().replace(" ", "-"))
    if known:
        return {"license": known[0].lower()}
    return {"license": "other", "license_name": slug(licence.partition(";")[0])[:60] or "unknown"}


def plain(text: object) -> str:
    """Text of a recipe or a corpus for a card: on one line, never as markup, link, image or HTML."""
    shown = re.sub(r"\s+", " ", str(text)).strip()
    return re.sub(r"[\\`*_\[\]!~#]", r"\\\g<0>", html.escape(shown, quote=False))


def slug(name: str) -> str:
    """A name in the characters that names on the hub may have."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; bars and line breaks inside cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(re.sub(r"\s+", " ", cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
