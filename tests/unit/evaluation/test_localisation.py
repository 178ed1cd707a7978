from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from sign2gpt.evaluation.plots.localisation import picture, save_picture
from sign2gpt.evaluation.plots.style import drawing_style
from sign2gpt.inference.localisation import Localisation

FRAMES = np.random.default_rng(0).integers(0, 255, (20, 32, 48, 3), dtype=np.uint8)


@pytest.fixture
def found() -> Localisation:
    times = np.arange(10)[:, None]
    presence = 0.6 * np.exp(-((times - np.array([[1, 4, 9]])) ** 2))
    return Localisation(presence, ["regen", "norden", "niederschlagswahrscheinlichkeit"], 0.2, 2.0, 0.3)


def test_a_picture_of_each_kind(found: Localisation, tmp_path: Path) -> None:
    for ending in ("png", "svg", "pdf"):
        save_picture(tmp_path / f"clip.{ending}", FRAMES, found, found.placed(0.2), title="a clip")
    with Image.open(tmp_path / "clip.png") as image:
        assert image.width == 9 * 160
    assert ElementTree.parse(tmp_path / "clip.svg").getroot().tag.endswith("svg")
    assert (tmp_path / "clip.pdf").read_bytes().startswith(b"%PDF")
    assert len(list(tmp_path.iterdir())) == 3


def test_frames_curves_and_placed_names_are_drawn(found: Localisation) -> None:
    with drawing_style():
        figure = picture(FRAMES, found, found.placed(0.2))
    placed, curves, frames = figure.axes
    assert {text.get_text() for text in placed.texts} == set(found.vocabulary)
    assert np.array_equal(curves.lines[1].get_ydata(), found.presence[:, 1])
    assert len(frames.images) == 9
    assert {axes.get_xlim() for axes in figure.axes} == {(0.0, 2.0)}


def test_the_strongest_are_drawn_where_nothing_is_placed(found: Localisation) -> None:
    with drawing_style():
        placed, curves, _ = picture(FRAMES, found, []).axes
    assert [text.get_text() for text in placed.texts] == ["nothing localised"]
    assert len(curves.lines) == 3


def test_a_clip_of_one_frame(found: Localisation, tmp_path: Path) -> None:
    one = Localisation(found.presence[:1], found.vocabulary, 0.04, 0.04, 0.3)
    save_picture(tmp_path / "one.png", FRAMES[:1], one, one.placed(0.2))
    assert (tmp_path / "one.png").stat().st_size > 1000
