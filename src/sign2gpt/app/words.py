"""What the page says in each of its languages: `words/*.yaml`, all with the same keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from sign2gpt.app.refusals import Refused
from sign2gpt.common.config import read_yaml

LANGUAGES = ("en", "de", "zh")


@dataclass(frozen=True)
class Words:
    """The texts of one language."""

    language: str
    texts: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with ``values`` in their places."""
        return self.texts[key].format_map(values)

    def refusal(self, refused: Refused) -> str:
        """Why a request was turned down, and what to do."""
        return self(f"refused_{refused.key}", **refused.values)


@cache
def words_of(language: str) -> Words:
    """The texts of one of `LANGUAGES`."""
    return Words(language, read_yaml(Path(__file__).parent / "words" / f"{language}.yaml"))


def words_for(headers: Mapping[str, str]) -> Words:
    """The texts in the language of the page that sends a request, English for programs."""
    page = urlsplit(headers.get("referer") or "").path.rstrip("/").rpartition("/")[2]
    return words_of(page if page in LANGUAGES else LANGUAGES[0])


def preferred(accepted: str) -> str:
    """The first of `LANGUAGES` that an ``Accept-Language`` header asks for, English where it asks for none.

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
