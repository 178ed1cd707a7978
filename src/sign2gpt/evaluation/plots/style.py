"""Style of all pictures: colours, shades, and fonts with Chinese letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.common.installation import require

# Okabe and Ito's palette, safe for colour-blind readers; without yellow, which is too pale on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
INK, FAINT = "#222222", "#8a8a8a"

OWN = "DejaVu Sans"
CHINESE = (
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Droid Sans Fallback",
    "SimHei",
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans CJK JP",
)
"""Names in order of preference; TrueType before OpenType, which some PDF readers reject."""
NAMED = 8


def families() -> list[str]:
    """The fonts that matplotlib searches for each letter, in this order."""
    known = {font.name for font in _matplotlibs().fontManager.ttflist}
    return [OWN, *(name for name in CHINESE if name in known)]


def check_letters(text: str) -> None:
    """Checks that every letter of ``text`` can be drawn.

    Raises:
        UserError: no installed font has one of them.
    """
    letters = {letter for letter in text if letter.isalpha()}
    missing = letters - _drawable()
    if missing:
        _find_new()
        missing = letters - _drawable()
    if missing:
        raise UserError(
            f"no installed font has the letters {' '.join(sorted(missing)[:NAMED])} of these pictures; install one, "
            "for Chinese `apt install fonts-wqy-microhei` (Debian, Ubuntu) or Noto Sans CJK"
        )


def columns(text: str) -> int:
    """The width of ``text`` in Latin letters; a Chinese letter counts as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _drawable() -> set[str]:
    fonts = _matplotlibs()
    charmaps = (fonts.get_font(fonts.findfont(name)).get_charmap() for name in families())
    return {chr(code) for charmap in charmaps for code in charmap}


def _find_new() -> None:
    """Adds fonts to matplotlib that were installed after it built its cache."""
    fonts = _matplotlibs()
    manager = fonts.fontManager
    for path in sorted(set(fonts.findSystemFonts()) - {font.fname for font in manager.ttflist}):
        try:
            manager.addfont(path)
        except (OSError, RuntimeError):
            continue  # a bitmap font, or a broken file


def _matplotlibs() -> Any:
    return require("matplotlib.font_manager", "report")


if TYPE_CHECKING:
    from matplotlib.axes import Axes


def shades(values: np.ndarray) -> np.ndarray:
    """(rows, columns) in 0..1 -> RGBA of the same shape: the first colour, more opaque for higher values."""
    red, green, blue = (int(COLOURS[0][index : index + 2], 16) / 255 for index in (1, 3, 5))
    return np.stack([np.full(values.shape, part) for part in (red, green, blue)] + [values.clip(0, 1)], axis=-1)


def draw_scale(axes: Axes, low: str, high: str) -> None:
    """A colour scale from 0 to 1 with labelled ends."""
    axes.imshow(shades(np.linspace(0, 1, 64)[None]), aspect="auto", extent=(0, 1, 0, 1))
    axes.set_yticks([])
    axes.set_xticks([0, 1], [low, high])
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.5)


@contextmanager
def drawing_style(**changes: object) -> Iterator[None]:
    """Font and colours of every picture."""
    matplotlib = require("matplotlib", "report")
    style = {
        "font.family": families(),
        "font.size": 8,
        "text.color": INK,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": INK,
        "ytick.color": INK,
        "svg.hashsalt": "sign2gpt",
    }
    with matplotlib.rc_context({**style, **changes}):
        yield
