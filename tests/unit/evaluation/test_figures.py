"""Pictures as files: fonts inside, the same bytes each time; in the page, in its own type."""

from __future__ import annotations

import re
import zlib
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sign2gpt.evaluation.plots.attention import attention_picture
from sign2gpt.evaluation.plots.curves import TrainingLog, curves
from sign2gpt.evaluation.plots.gates import gates_in, gates_picture
from sign2gpt.evaluation.plots.sign_map import map_picture
from sign2gpt.evaluation.plots.style import shades
from sign2gpt.evaluation.report.figures import Figures
from sign2gpt.inference.explain import Attention

GATES = [[0.0, 0.5], [1.0, 0.25, 0.1]]
PICTURES = {
    "curves": partial(curves, {"größer": [(1.0, 2.0), (2.0, 3.0)]}, "BLEU-4"),
    "gates": partial(gates_picture, "a run", [(1.0, GATES), (2.0, GATES)], GATES),
    "last gates": partial(gates_picture, "a run", [], GATES),
    "words": partial(attention_picture, Attention(["schön", "x" * 30], np.eye(2, 4), 0.5, 2.0)),
    "words and frames": partial(
        attention_picture, Attention(["a"], np.ones((1, 4)), 0.5, 1.8), np.zeros((3, 8, 8, 3), np.uint8)
    ),
    "map": partial(map_picture, "SDR", ["a", "a", "b"] + [f"g{n}" for n in range(15)], np.arange(36.0).reshape(18, 2)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_files_carry_their_fonts(name: str, tmp_path: Path):
    figures = Figures(tmp_path / "new")
    markup = figures.add(f"Clip 1: {name}", "what it shows", PICTURES[name])
    stem = f"clip-1-{name.replace(' ', '-')}"
    pdf, svg = (tmp_path / "new" / f"{stem}{ending}" for ending in (".pdf", ".svg"))
    content = pdf.read_bytes()
    streams = b"".join(_inflated(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL))
    assert b"/FontFile2" in content + streams
    assert b"/Type3" not in content + streams
    assert "<text" not in svg.read_text()
    assert 'aria-label="what it shows"' in markup
    before = {path: path.read_bytes() for path in (pdf, svg)}
    assert figures.add(f"Clip 1: {name}", "what it shows", PICTURES[name]) == markup
    assert {path: path.read_bytes() for path in (pdf, svg)} == before


def test_a_page_alone_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert "<svg" in Figures().add("gates", "gates", PICTURES["gates"])
    assert list(tmp_path.iterdir()) == []


def test_names_on_a_map_stand_apart():
    names = [f"pseudo-gloss {number}" for number in range(12)]
    figure = map_picture("SDR", names * 3, np.random.default_rng(0).normal(size=(36, 2)))
    FigureCanvasAgg(figure).draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 12
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_shades_are_clear_at_nothing():
    found = shades(np.array([[0.0, 0.5, 2.0]]))
    assert found[0, :, 3].tolist() == [0, 0.5, 1]


def test_gates_of_a_log():
    entries = [{"epoch": 1, "gates": GATES}, {"epoch": 2, "bleu4": 3.0}]
    assert gates_in(TrainingLog([], entries)) == [(1.0, GATES)]
    assert gates_in(None) == []


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
