"""Self-contained pages: templates laid out with their facts, pictures and clips, all inside the one file."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sign2gpt.evaluation.plots.style import INK, drawing_style
from sign2gpt.evaluation.words.alignment import Pair
from sign2gpt.metrics.scores import Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sign2gpt.video.container import VideoFile

PACKAGE = "sign2gpt.evaluation.report"
SVG_STYLE = {"svg.fonttype": "none", "image.interpolation": "none"}
Cell = str | Score | Pair
"""Text, a score drawn as a bar, or a word of a reference and its replacement."""


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows; ``first_strong`` sets the first row in bold."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    first_strong: bool = False


@dataclass(frozen=True)
class Section:
    """A section of a page: the template ``name``.html lays out its ``facts`` under the heading ``title``."""

    name: str
    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def render(template: str, **facts: Any) -> str:
    """The markup of a template with its facts; all text is escaped, `Markup` is taken as it is."""
    return templates().get_template(template).render(**facts)


def inline_svg(figure: Figure, label: str) -> Markup:
    """A figure as SVG inside the page: its text in the page's type and colour, ``label`` for screen readers."""
    buffer = io.StringIO()
    with drawing_style(**SVG_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the browser has fonts of its own
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    drawn = buffer.getvalue()
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    drawn = re.sub(r' id="[A-Za-z][A-Za-z0-9.]*_\d+"', "", drawn)  # ids of groups would repeat within the page
    drawn = re.sub(r' (width|height)="[\d.]+pt"', "", drawn, count=2)
    drawn = drawn.replace(INK, "var(--ink)")
    return Markup(drawn.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1))


def video_data(path: VideoFile) -> str:
    """A clip as a data URL."""
    return f"data:video/mp4;base64,{base64.b64encode(path.read_bytes()).decode()}"


@cache
def templates() -> Environment:
    found = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = _asset
    return found


def _asset(name: str) -> Markup:
    """The text of a style sheet or script from the folder ``static``."""
    return Markup((resources.files(PACKAGE) / "static" / name).read_text(encoding="utf-8").rstrip())
