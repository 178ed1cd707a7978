"""The pictures of a report: inside the page, and as files for papers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from sign2gpt.common.files import atomic_file
from sign2gpt.evaluation.plots.style import drawing_style
from sign2gpt.evaluation.report.html import inline_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPER = {"pdf.fonttype": 42, "svg.fonttype": "path", "image.interpolation": "none"}
"""Fonts are embedded: whole TrueType ones in PDF, which journals ask for, their outlines in SVG."""


class Figures:
    """Draws pictures into the page and, where ``folder`` is given, each as SVG and PDF there too."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def add(self, name: str, label: str, draw: Callable[[], Figure]) -> Markup:
        """The markup of a picture; ``name`` becomes its file name, ``label`` its text for screen readers."""
        with drawing_style():
            figure = draw()
        if self.folder is not None:
            self._save(figure, self.folder / re.sub(r"[^\w.]+", "-", name.lower()).strip("-"))
        return inline_svg(figure, label)

    def _save(self, figure: Figure, path: Path) -> None:
        with drawing_style(**PAPER):
            for ending, dated in ((".svg", "Date"), (".pdf", "CreationDate")):
                with atomic_file(path.with_name(path.name + ending)) as partial:
                    figure.savefig(partial, transparent=True, metadata={dated: None})
