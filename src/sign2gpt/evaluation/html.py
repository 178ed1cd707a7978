"""Pieces of a self-contained page: text, tables, pictures and clips, all inside the one file."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from sign2gpt.evaluation.alignment import Pair
from sign2gpt.evaluation.localisation import INK, drawing_style
from sign2gpt.metrics.scores import Score

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sign2gpt.video.container import VideoFile


@dataclass(frozen=True)
class Html:
    """Markup, as opposed to text that must be escaped."""

    markup: str


Cell = str | Html
SVG_STYLE = {"svg.fonttype": "none", "image.interpolation": "none"}


def text(cell: Cell) -> str:
    """The markup of a cell: text escaped, markup as it is."""
    return cell.markup if isinstance(cell, Html) else escape(cell)


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]], *, first_strong: bool = False) -> str:
    """A table whose first column names the rows; on a narrow screen each row is folded into a block."""
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines: list[str] = []
    for number, (name, *cells) in enumerate(rows):
        labelled = "".join(_cell(label, cell) for label, cell in zip(head[1:], cells, strict=True))
        mark = ' class="first"' if first_strong and number == 0 else ""
        lines.append(f'<tr{mark}><th scope="row">{text(name)}</th>{labelled}</tr>')
    body = "\n".join(lines)
    top = f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead>"
    return f'<table class="stack">{top}<tbody>\n{body}\n</tbody></table>'


def score_bar(found: Score) -> Html:
    """A bar from 0 to 100 with the interval over it; the numbers stand beside it for readers who do not see it."""
    low, high = (found.score if bound is None else bound for bound in (found.low, found.high))
    style = f"--value:{found.score:.2f}%;--low:{low:.2f}%;--high:{high:.2f}%"
    return Html(f'<div class="bar" style="{style}" aria-hidden="true"><i></i><b></b></div>')


def difference(pairs: Sequence[Pair], between: str = " ") -> str:
    """A hypothesis with its reference's words where they differ: left out or replaced struck, added underlined."""
    words: list[str] = []
    for reference, hypothesis in pairs:
        if reference == hypothesis:
            words.append(escape(reference or ""))
            continue
        if reference is not None:
            words.append(f"<del>{escape(reference)}</del>")
        if hypothesis is not None:
            words.append(f"<ins>{escape(hypothesis)}</ins>")
    return between.join(words)


def inline_svg(figure: Figure, label: str) -> str:
    """A figure as SVG inside the page: its text in the page's type and colour, ``label`` for who does not see it."""
    buffer = io.StringIO()
    with drawing_style(**SVG_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the browser has fonts of its own
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    drawn = buffer.getvalue()
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn[drawn.index("<svg") :], flags=re.DOTALL)
    drawn = re.sub(r' id="[A-Za-z][A-Za-z0-9.]*_\d+"', "", drawn)  # ids of groups would stand twice in the page
    drawn = re.sub(r' (width|height)="[\d.]+pt"', "", drawn, count=2)
    drawn = drawn.replace(INK, "var(--ink)")
    return drawn.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)


def clip(path: VideoFile, label: str) -> str:
    """A video that plays in the page, silent and again and again."""
    data = base64.b64encode(path.read_bytes()).decode()
    return (
        f'<video autoplay loop muted playsinline aria-label="{escape(label)}" '
        f'src="data:video/mp4;base64,{data}"></video>'
    )


def navigation(sections: str) -> str:
    """Links to the sections of a page, by their headings."""
    found = re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', sections)
    links = "".join(f'<li><a href="#{name}">{heading}</a></li>' for name, heading in found)
    return f'<nav aria-label="Sections"><ul>{links}</ul></nav>'


def page(title: str, header: str, sections: str, footer: str, styles: Sequence[str] = ("report.css",)) -> str:
    """The whole page, with its styles inside."""
    folder = resources.files("sign2gpt.evaluation") / "page"
    template = Template((folder / "report.html").read_text(encoding="utf-8"))
    style = "\n".join((folder / name).read_text(encoding="utf-8") for name in styles)
    return template.substitute(title=escape(title), style=style, header=header, sections=sections, footer=footer)


def _cell(label: str, cell: Cell) -> str:
    kind = ' class="chart"' if isinstance(cell, Html) else f' data-label="{escape(label)}"'
    return f"<td{kind}>{text(cell)}</td>"
