"""The page's texts in each language (`page/languages`, all with the same keys) and its templates (`page/templates`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sign2gpt.app.limits import Refused
from sign2gpt.common.config import read_yaml

LANGUAGES = ("en", "de", "zh")
PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True)
class Texts:
    """The texts of one language."""

    language: str
    by_key: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with ``values`` in its placeholders."""
        return self.by_key[key].format_map(values)

    def refusal(self, refused: Refused) -> str:
        """Why a request was refused, and what to do."""
        return self(f"refused_{refused.key}", **refused.values)

    def render(self, template: str, **values: Any) -> str:
        """The HTML of ``templates/TEMPLATE.html``, which sees these texts as ``texts``; all values are escaped."""
        return _templates().get_template(f"{template}.html").render(texts=self, **values)


@cache
def texts_of(language: str) -> Texts:
    """The texts of one of `LANGUAGES`."""
    return Texts(language, read_yaml(PAGE / "languages" / f"{language}.yaml"))


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(PAGE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def texts_for(headers: Mapping[str, str]) -> Texts:
    """The texts in the language of the page that sends a request, English for programs."""
    page = urlsplit(headers.get("referer") or "").path.rstrip("/").rpartition("/")[2]
    return texts_of(page if page in LANGUAGES else LANGUAGES[0])


def preferred(accepted: str) -> str:
    """The first of `LANGUAGES` that an ``Accept-Language`` header asks for. [default: English]

    >>> preferred("fr;q=0.9, de-AT;q=0.8, en;q=0.5")
    'de'
    """
    wishes: list[tuple[float, str]] = []
    for part in accepted.split(","):
        name, _, weight = part.partition(";q=")
        try:
            wishes.append((-float(weight or 1), name.strip().split("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, name in sorted(wishes, key=lambda wish: wish[0]) if name in LANGUAGES), LANGUAGES[0])
