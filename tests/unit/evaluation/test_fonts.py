"""Chinese letters in pictures need a font that has them, else one line reports it; pages use the browser's fonts."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager

from sign2gpt.common.errors import UserError
from sign2gpt.evaluation.plots import style as fonts
from sign2gpt.evaluation.plots.attention import attention_picture
from sign2gpt.evaluation.plots.localisation import save_picture
from sign2gpt.evaluation.plots.style import check_letters, columns, families
from sign2gpt.evaluation.report.figures import Figures
from sign2gpt.inference.explain import Attention
from sign2gpt.inference.localisation import Localisation

FRAMES = np.zeros((4, 16, 16, 3), np.uint8)
FOUND = Localisation(np.full((5, 2), 0.4), ["天气", "为什么"], 0.2, 1.0, 0.3)
WORDS = partial(attention_picture, Attention(["今天", "天气", "很好？"], np.eye(3, 5), 0.2, 1.0))


@pytest.fixture
def chinese() -> str:
    """A font of this machine with Chinese letters."""
    try:
        check_letters("天气")
    except UserError as error:
        pytest.skip(str(error))
    return families()[1]


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the machine had no fonts but matplotlib's own."""
    monkeypatch.setattr(fonts, "CHINESE", ("DejaVu Serif",))


def test_files_embed_a_chinese_font(chinese: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        markup = Figures(tmp_path).add("words", "which frames", WORDS)
        save_picture(tmp_path / "signs.png", FRAMES, FOUND, FOUND.placed(0.2))
    embedded = (tmp_path / "words.pdf").read_bytes()
    assert chinese.replace(" ", "").encode()[:8] in embedded
    assert b"/FontFile" in embedded
    assert b"/Type3" not in embedded
    assert "<text" not in (tmp_path / "words.svg").read_text()
    assert "今天" in markup


@pytest.mark.usefixtures("without")
def test_a_letter_without_a_font_is_reported(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"no installed font has the letters 为 么 什 天 气 of these.*fonts-wqy-microhei"
    ):
        save_picture(tmp_path / "signs.pdf", FRAMES, FOUND, FOUND.placed(0.2))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("without")
def test_a_page_leaves_letters_to_the_browser() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "很好？" in Figures().add("words", "which frames", WORDS)


def test_a_font_that_was_installed_since_is_found(chinese: str, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = font_manager.fontManager
    new = {font.fname for font in manager.ttflist if font.name in fonts.CHINESE}
    monkeypatch.setattr(manager, "ttflist", [font for font in manager.ttflist if font.fname not in new])
    assert families() == [fonts.OWN]
    check_letters("天气")
    assert chinese in families()


def test_symbols_are_not_checked() -> None:
    check_letters("schön, 12 °C 😀 \U000f0000")


def test_chinese_letters_count_as_two() -> None:
    assert (columns("Regen"), columns("天气a？")) == (5, 7)
