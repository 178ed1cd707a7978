"""Sentences burnt into a video, on a band below the picture, where they cover no hands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import chain
from math import floor
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import writing
from sign2gpt.video.container import VideoFile
from sign2gpt.video.decode import iter_stretches, probe
from sign2gpt.video.encode import write_at_ticks
from sign2gpt.video.sound import sound_of

Line = tuple[float, float, str]
"""Start and end in seconds, and the sentence between them."""
WIDTHS = (480, 1920)
"""Pixels: narrower videos are scaled up, so that text is readable, wider ones down."""
LETTERS = 0.045
"""Size of the font, as a share of the width of the picture."""
SMALLEST = 0.5
"""Least share of that size for long sentences."""
ROWS = 2
FONTS = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "arial.ttf",
    "NotoSansCJK-Regular.ttc",
    "wqy-microhei.ttc",
    "PingFang.ttc",
    "msyh.ttc",
)
"""Fonts of the system; the first that has every letter is used."""
NO_LETTER = "\uffff"


def burn_in(video: VideoFile, out: Path, lines: Sequence[Line], end_s: float | None = None) -> int:
    """Writes a video again with ``lines`` below it and with its sound; returns the number of frames.

    Args:
        end_s: where to end, in seconds. [default: the end of the video]

    Raises:
        UserError: the video cannot be read, ``out`` cannot be written, or no font on this machine has the letters.
    """
    about = probe(video)
    shown, rate = about.width * about.aspect, about.frame_rate
    width = round(min(max(shown, WIDTHS[0]), WIDTHS[1]))
    height = max(2, round(about.height * width / shown))
    band = _Band(width, font_for("".join(text for *_, text in lines)))
    stretches = iter_stretches(video, frame_rate=rate, size=None, end_s=end_s)
    first = next(stretches)
    begin_s = first[0] - floor(first[0] * rate + 1e-6) / rate  # then the first picture is at a tick
    banded = _with_band(chain([first], stretches), begin_s, rate, (width, height), band, lines)
    with (
        sound_of(video, begin_s) as sound,
        writing(out.parent),
    ):  # inside: a full disk is no damage
        return write_at_ticks(out, banded, rate, sound=sound)


def font_for(text: str) -> str:
    """Name of a font that has every letter of ``text``.

    Raises:
        UserError: no font on this machine has them.
    """
    letters = sorted(set(text) - {" "})
    missing = letters
    for name in [*FONTS, *_plotting_font()]:
        try:
            font = ImageFont.truetype(name, 16)
        except OSError:
            continue
        none = _drawn(NO_LETTER, font)
        missing = [letter for letter in letters if _drawn(letter, font) == none]
        if not missing:
            return name
    raise UserError(
        f"no font here has the letters {' '.join(missing[:8])}; install one such as DejaVu Sans or Noto Sans CJK"
    )


def _drawn(letter: str, font: ImageFont.FreeTypeFont) -> bytes:
    picture = Image.new("L", (32, 32))
    ImageDraw.Draw(picture).text((4, 4), letter, fill=255, font=font)
    return picture.tobytes()


class _Band:
    """Draws sentences as pictures (height, width, 3) uint8."""

    def __init__(self, width: int, font: str) -> None:
        self.width, self.font = width, font
        self.size = round(width * LETTERS)
        self.height = round(self.size * (ROWS * 1.25 + 0.6))

    def __call__(self, text: str) -> np.ndarray:
        picture = Image.new("RGB", (self.width, self.height))
        brush = ImageDraw.Draw(picture)
        size = self.size
        while True:
            font = ImageFont.truetype(self.font, size)
            rows = _wrapped(text, font, self.width * 0.94)
            if len(rows) * size <= ROWS * self.size or size <= self.size * SMALLEST:
                break
            size -= 1
        middle = (self.width / 2, self.height / 2)
        brush.multiline_text(middle, "\n".join(rows), fill="white", font=font, anchor="mm", align="center", spacing=4)
        return np.asarray(picture)


def _with_band(
    stretches: Iterable[tuple[float, Iterator[np.ndarray]]],
    begin_s: float,
    rate: float,
    size: tuple[int, int],
    band: _Band,
    lines: Sequence[Line],
) -> Iterator[tuple[int, np.ndarray]]:
    """Frames of that width and height, each above the sentence of its time; of two at once, the later one.

    Yields ticks from ``begin_s`` with frames. The last frame before a gap is repeated without a sentence.
    """
    written, strip, picture, tick = "", band(""), band(""), 0
    for start_s, frames in stretches:
        if written:
            written, strip = "", band("")
            yield tick + 1, np.concatenate([picture, strip])
        for number, frame in enumerate(frames):
            time_s, tick = start_s + number / rate, round((start_s - begin_s) * rate) + number
            text = next((text for start, end, text in reversed(lines) if start <= time_s < end), "")
            if text != written:
                written, strip = text, band(text)
            picture = np.asarray(Image.fromarray(frame).resize(size))
            yield tick, np.concatenate([picture, strip])


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Rows that fit the width; without spaces, as in Chinese, they break between any two characters."""
    rows = [""]
    parts = text.split(" ") if " " in text else list(text)
    blank = " " if " " in text else ""
    for part in parts:
        longer = f"{rows[-1]}{blank}{part}" if rows[-1] else part
        if rows[-1] and font.getlength(longer) > width:
            rows.append(part)
        else:
            rows[-1] = longer
    return rows


def _plotting_font() -> list[str]:
    """The font of matplotlib, if it is installed."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return []
    return [str(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf")]
