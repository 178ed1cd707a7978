"""SVG pictures in one visual language: parts that are frozen or train, arrows, tokens, shades of values.

Each has its own ground, light or dark as the reader's system is, and is narrow, so that its words are readable on a
phone. Words are text in the reader's own fonts; what they need of room is that of DejaVu Sans, a wide one.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image

WIDTH, ZOOM = 440, 1.2
LEFT, RIGHT = 16, 410
MIDDLE = (LEFT + RIGHT) / 2
ARROW = 28.0
THUMBNAIL = 46
GAP = 0.75
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
LIGHT = {"paper": "#ffffff", "ink": "#20242c", "soft": "#596171", "line": "#8b93a1", "hatch": "#dfe3e9"}
LIGHT |= {"blue": "#0072b2", "tint": "#e3f0f8"}
DARK = {"paper": "#1c2028", "ink": "#e9ebef", "soft": "#adb4c1", "line": "#7b8494", "hatch": "#323843"}
DARK |= {"blue": "#6cb8ea", "tint": "#22384a"}


class Sheet:
    """An SVG picture that grows downwards: ``y`` is where the next thing begins."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = 16.0

    def add(self, tag: str, kind: str, inner: str = "", **numbers: float | str) -> None:
        named = {name.replace("_", "-"): short(value) for name, value in numbers.items()}
        attributes = "".join(f' {name}="{value}"' for name, value in named.items())
        self.parts.append(f'<{tag} class="{kind}"{attributes}' + (f">{inner}</{tag}>" if inner else "/>"))

    def text(self, x: float, y: float, words: str, kind: str = "body", anchor: str = "start") -> None:
        """Words on the line at ``y``; nothing where there are none."""
        if not words:
            return
        self.add("text", kind, escape(words), x=x, y=y, text_anchor=anchor)

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        self.add("rect", kind, x=x, y=y, width=width, height=height, rx=6)

    def part(self, x: float, width: float, height: float, kind: str, title: str, about: str = "") -> None:
        """A named part of the model at the present height: ``kind`` is frozen or trained."""
        self.box(x, self.y, width, height, kind)
        self.text(x + 12, self.y + (20 if about else height / 2 + 5), title, "name")
        self.text(x + 12, self.y + 38, about)

    def chip(self, x: float, y: float, width: float, words: str) -> None:
        """What trains inside of something frozen."""
        self.box(x, y, width, 22, "trained")
        self.text(x + width / 2, y + 15.5, words, anchor="middle")

    def arrow(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.add("line", "flow", x1=x, y1=y, x2=to_x, y2=to_y, marker_end="url(#tip)")

    def down(self, x: float, words: str = "") -> None:
        """An arrow to what stands below, with the words beside it."""
        self.down_both([x], [words])

    def down_both(self, centres: Sequence[float], words: Sequence[str] = ("", "")) -> None:
        """Arrows beside each other."""
        for x, word in zip(centres, words, strict=True):
            self.arrow(x, self.y + 3, x, self.y + ARROW - 4)
            self.text(x + 10, self.y + ARROW / 2 + 4, word, "label")
        self.y += ARROW

    def legend(self) -> None:
        for x, words, kind in (
            (LEFT, "frozen", "frozen"),
            (112, "trained", "trained"),
            (212, "frozen, adapters train", "frozen"),
        ):
            self.box(x, self.y, 34, 16, kind)
            self.text(x + 42, self.y + 13, words, "small")
        self.box(226, self.y + 4, 16, 8, "trained")
        self.y += 32

    def frames(self, frames: np.ndarray, left: float, right: float) -> None:
        """Some frames of the clip, each where it is in time."""
        count = int((right - left) // THUMBNAIL)
        step = (right - left) / count
        for place in range(count):
            held = io.BytesIO()
            Image.fromarray(frames[int((place + 0.5) / count * len(frames))]).save(held, "JPEG", quality=80)
            address = "data:image/jpeg;base64," + base64.b64encode(held.getvalue()).decode()
            x = left + place * step + (step - THUMBNAIL) / 2
            self.add("image", "frame", href=address, x=x, y=self.y, width=THUMBNAIL, height=THUMBNAIL)
        self.y += THUMBNAIL

    def curve(self, values: np.ndarray, base: float, height: float) -> None:
        """Values in 0..1 over the clip's tokens, where there is anything."""
        step, near = (RIGHT - LEFT) / len(values), np.flatnonzero(values > 0.01)
        path = [
            f"{short(LEFT + (place + 0.5) * step)} {short(base - height * float(values[place]))}"
            for place in range(max(near[0] - 1, 0), min(near[-1] + 2, len(values)))
        ]
        for kind in ("area", "curve"):
            self.add("path", kind, d="M" + " ".join(path))

    def cells(self, x: float, y: float, size: tuple[float, float], values: np.ndarray) -> None:
        """Values (rows, columns) in 0..1 as shades of one colour."""
        width, height = size
        for (row, column), value in np.ndenumerate(values.clip(0, 1).round(2)):
            left, top = x + column * width, y + row * height
            self.cell(left, top, width, height, "empty")
            if value > 0:
                self.cell(left, top, width, height, "shade", float(value))

    def cell(self, x: float, y: float, width: float, height: float, kind: str, opacity: float = 1.0) -> None:
        width, height = width - 2 * GAP, height - 2 * GAP
        self.add("rect", kind, x=x + GAP, y=y + GAP, width=width, height=height, rx=1.5, fill_opacity=opacity)

    def tokens(self, count: int) -> None:
        """A clip's tokens from its first moment to its last."""
        width = (RIGHT - LEFT) / count
        for place in range(count):
            self.add("rect", "token", x=LEFT + place * width + 1, y=self.y, width=width - 2, height=12, rx=2)
        self.y += 12

    def svg(self, title: str) -> str:
        height = self.y + 16
        size = f'width="{short(WIDTH * ZOOM)}" height="{short(height * ZOOM)}" viewBox="0 0 {WIDTH} {short(height)}"'
        ground = f'<rect class="ground" width="{WIDTH}" height="{short(height)}" rx="10"/>'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{escape(title)}</title>'
        return "\n".join([head, f"<style>{_style()}</style>", DEFINITIONS, ground, *self.parts, "</svg>\n"])


DEFINITIONS = """<defs>
<pattern id="stripes" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect class="plain" width="7" height="7"/><rect class="stripe" width="3" height="7"/></pattern>
<marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path class="tip" d="M0 0 8 4 0 8z"/></marker>
</defs>"""


def _style() -> str:
    shapes = f"""
text {{font: 13px {FONTS}}} .name {{font-weight: 600; font-size: 14px}} .small, .label {{font-size: 12px}}
.sentence {{font-size: 14px; font-style: italic}} .frozen {{fill: url(#stripes)}} .flow, .link, .curve {{fill: none}}
.frozen + text, .frozen + text + text {{paint-order: stroke; stroke-width: 4px; stroke-linejoin: round}}
.aside {{fill: none; stroke-dasharray: 2 4}} .trained {{stroke-width: 1.75}} .flow {{stroke-width: 1.5}}
.curve {{stroke-width: 1.75; stroke-linejoin: round}} .area {{fill-opacity: .22}} .empty {{stroke-width: .5}}
.bounds {{fill: none; stroke-width: 1.5}}"""
    dark = f"@media (prefers-color-scheme: dark) {{{_colours(DARK)}}}"
    return f"{shapes}\n{_colours(LIGHT)}\n{dark}\n"


def _colours(of: dict[str, str]) -> str:
    fills = {
        "paper": ".ground, .plain, .empty, .gate",
        "ink": "text",
        "soft": ".label, .small",
        "line": ".tip",
        "hatch": ".stripe",
        "blue": ".shade, .area, .strong",
        "tint": ".trained, .token",
    }
    strokes = {
        "paper": ".frozen + text, .frozen + text + text",
        "line": ".frozen, .flow, .aside, .link, .empty, .bounds",
        "blue": ".trained, .token, .curve, .gate",
    }
    rules = [f"{where} {{fill: {of[name]}}}" for name, where in fills.items()]
    return " ".join(rules + [f"{where} {{stroke: {of[name]}}}" for name, where in strokes.items()])


def short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
