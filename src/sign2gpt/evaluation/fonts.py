"""Fonts of pictures: matplotlib's own, and after it those of this machine that have Chinese letters."""

from __future__ import annotations

from typing import Any
from unicodedata import east_asian_width

from sign2gpt.common.errors import UserError
from sign2gpt.common.extras import require

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
"""By name, in the order in which they are asked; TrueType before OpenType, which some readers of PDF complain of."""
NAMED = 8


def families() -> list[str]:
    """The fonts that matplotlib takes each letter from, the first that has it."""
    known = {font.name for font in _matplotlibs().fontManager.ttflist}
    return [OWN, *(name for name in CHINESE if name in known)]


def check_letters(text: str) -> None:
    """Makes sure that every letter of ``text`` can be drawn.

    Raises:
        UserError: no font here has one of them.
    """
    letters = {letter for letter in text if letter.isalpha()}
    missing = letters - _drawable()
    if missing:
        _find_new()
        missing = letters - _drawable()
    if missing:
        raise UserError(
            f"no font here has the letters {' '.join(sorted(missing)[:NAMED])} of these pictures; install one, "
            "for Chinese `apt install fonts-wqy-microhei` (Debian, Ubuntu) or Noto Sans CJK"
        )


def columns(text: str) -> int:
    """The room that ``text`` takes, in Latin letters; a Chinese one counts for two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _drawable() -> set[str]:
    fonts = _matplotlibs()
    charmaps = (fonts.get_font(fonts.findfont(name)).get_charmap() for name in families())
    return {chr(code) for charmap in charmaps for code in charmap}


def _find_new() -> None:
    """Shows matplotlib the fonts that were installed since it last looked and wrote them down."""
    fonts = _matplotlibs()
    manager = fonts.fontManager
    for path in sorted(set(fonts.findSystemFonts()) - {font.fname for font in manager.ttflist}):
        try:
            manager.addfont(path)
        except (OSError, RuntimeError):
            continue  # bitmaps, or a broken file


def _matplotlibs() -> Any:
    return require("matplotlib.font_manager", "report")
