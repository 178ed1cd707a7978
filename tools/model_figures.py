"""Draws the figures of docs/model.md from the shipped model and a shipped clip: python tools/model_figures.py

Writes model-*.svg into docs/images, or into the folder that is named.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from svg_sheet import ARROW, LEFT, MIDDLE, RIGHT, Sheet

from sign2gpt.common.files import write_text
from sign2gpt.data.corpus import ClipRow
from sign2gpt.inference.explain import Inspection, inspect
from sign2gpt.inference.translator import Translator, shipped_examples
from sign2gpt.model import packed
from sign2gpt.model.encoders.local_attention import windowed
from sign2gpt.systems.sign2gpt.config import Sign2GPTConfig
from sign2gpt.systems.sign2gpt.model import Sign2GPT
from sign2gpt.systems.sign2gpt.prototypes import clamped
from sign2gpt.systems.sign2gpt.sign_encoder import pool

EXAMPLE = 2
SHOWN = ("nachmittag", "nordwesten", "scheinen", "sonne", "berg", "wolke", "regnen")
CLEAR = 0.45
"""Presence that places a pseudo-gloss in the picture of the whole model."""
PACKED = (9, 6)
"""Lengths of the two clips in the picture of the sign encoder's attention."""


@dataclass(frozen=True)
class Reading:
    """The clip inspected, and what the model makes of its T tokens for the V pseudo-glosses and 'no sign'.

    ``similarity``, ``over_glosses``, ``over_time``, ``presence``: (T, V + 1); ``gates``: of each layer's heads.
    """

    inspection: Inspection
    text: str
    duration_s: float
    glosses: list[str]
    similarity: np.ndarray
    over_glosses: np.ndarray
    over_time: np.ndarray
    presence: np.ndarray
    gates: list[list[float]]
    window: int


@torch.inference_mode()
def read() -> Reading:
    """The shipped model on one of its clips."""
    translator, path = Translator.from_pretrained("demo", "cpu"), shipped_examples()[EXAMPLE]
    text, (found, frames) = translator.translate(str(path)).text, translator.localize(str(path))
    num_frames = round(found.duration_s * translator.frame_rate)
    inspection = inspect(translator.reader, ClipRow("clip", "test", path, text, "", None, num_frames, {}), text)
    model, config, glosses = translator.reader.localizer, translator.run.config, translator.run.glosses
    assert isinstance(model, Sign2GPT)
    assert isinstance(config, Sign2GPTConfig)
    assert glosses is not None
    head = model.prototypes
    assert head is not None
    presence = model.presence(torch.as_tensor(frames).permute(0, 3, 1, 2), torch.tensor([len(frames)]))
    over_glosses = (presence.similarity / clamped(head.class_temperature)).softmax(1)
    over_time = (presence.similarity / clamped(head.time_temperature)).softmax(0)
    return Reading(
        inspection=inspection,
        text=text,
        duration_s=found.duration_s,
        glosses=glosses,
        similarity=presence.similarity.numpy(),
        over_glosses=over_glosses.numpy(),
        over_time=over_time.numpy(),
        presence=presence.presence.numpy(),
        gates=translator.reader.model.gates(),
        window=config.window,
    )


def system(reading: Reading) -> str:
    """The whole model on one clip, from its frames to its sentence."""
    sheet, frames = Sheet(), len(reading.inspection.frames)
    tokens = (frames + 1) // 2
    sheet.legend()
    sheet.frames(reading.inspection.frames, LEFT, RIGHT)
    sheet.down(108, f"{frames} frames: every second one of {reading.duration_s:.2f} s")
    sheet.part(LEFT, 256, 50, "frozen", "Vision backbone", "each frame by itself")
    sheet.chip(186, sheet.y + 14, 76, "adapters")
    sheet.arrow(272, sheet.y + 25, 291, sheet.y + 25)
    sheet.part(294, RIGHT - 294, 50, "trained", "Linear,", "batch norm")
    sheet.y += 50
    sheet.down(352, f"{frames} tokens")
    sheet.tokens(frames)
    sheet.down(MIDDLE)
    draw_sign_encoder(sheet, reading.window, frames, tokens)
    sheet.down(MIDDLE)
    sheet.tokens(tokens)
    top = sheet.y - 6
    draw_pretraining(sheet, reading)
    draw_translation(sheet, reading, top, tokens)
    return sheet.svg("The model on one clip: frames, tokens, pseudo-glosses, sentence")


def draw_sign_encoder(sheet: Sheet, window: int, frames: int, tokens: int) -> None:
    sheet.box(LEFT, sheet.y, RIGHT - LEFT, 96, "trained")
    sheet.text(LEFT + 12, sheet.y + 53, "Sign encoder", "name")
    stages = (
        f"two layers: a token sees {window // 2} on each side",
        f"averages of three: {frames} become {tokens}",
        "two layers more",
    )
    for row, stage in enumerate(stages):
        top = sheet.y + 9 + 27 * row
        sheet.box(140, top, RIGHT - 152, 23, "plain")
        sheet.text(152, top + 16, stage, "small")
    sheet.y += 96


def draw_pretraining(sheet: Sheet, reading: Reading) -> None:
    """Prototypes, and the presence of the pseudo-glosses that were found."""
    sheet.down(88)
    sheet.text(104, sheet.y - 9, "Pretraining: pseudo-glosses", "name")
    sheet.part(LEFT, 144, 50, "trained", "Linear", "to words' width")
    sheet.arrow(160, sheet.y + 25, 179, sheet.y + 25)
    sheet.part(182, RIGHT - 182, 50, "frozen", "Prototypes", "word vectors, and 'no sign'")
    sheet.y += 50
    sheet.down(200, "presence of each over time")
    found = reading.inspection.localisation
    assert found is not None
    scale, lanes = (RIGHT - LEFT) / reading.duration_s, list[tuple[float, int]]()
    base = sheet.y + 128
    for gloss in found.placed(CLEAR):
        values = reading.presence[:, reading.glosses.index(gloss.gloss)]
        x = LEFT + (gloss.start_s + gloss.end_s) / 2 * scale
        lane = max((lane + 1 for end, lane in lanes if end > x), default=0)
        lanes.append((x + 4 + 7 * len(gloss.gloss), lane))
        top = sheet.y + 2 + 17 * lane
        sheet.add("line", "link", x1=x, y1=top, x2=x, y2=base - 50 * float(values.max()))
        sheet.text(x + 4, top + 10, gloss.gloss, "small")
        sheet.curve(values, base, 50)
    sheet.add("line", "link", x1=LEFT, x2=RIGHT, y1=base, y2=base)
    sheet.y = base + 12


def draw_translation(sheet: Sheet, reading: Reading, top: float, tokens: int) -> None:
    """Memory, language model and sentence; the tokens come down beside the pretraining, from ``top``."""
    rail, enters = RIGHT + 15, sheet.y + 51
    sheet.add("path", "flow", d=f"M{RIGHT} {top:.1f}H{rail}V{enters:.1f}H{RIGHT + 5}", marker_end="url(#tip)")
    sheet.text(LEFT, sheet.y + 16, "Translation: words, from the same tokens", "name")
    sheet.y += 26
    sheet.part(LEFT, RIGHT - LEFT, 50, "trained", "Memory", "a linear layer of tokens and their positions")
    sheet.y += 50
    sheet.down(MIDDLE, f"{tokens} tokens of memory")
    sheet.part(LEFT, RIGHT - LEFT, 50, "frozen", "Language model", "goes on with its text")
    sheet.chip(196, sheet.y + 14, 84, "adapters")
    sheet.chip(292, sheet.y + 14, 106, "gates to clip")
    sheet.y += 50
    words = reading.text.split()
    sheet.down(MIDDLE, f"{len(words)} words")
    for line in (words[: len(words) // 2], words[len(words) // 2 :]):
        sheet.text(MIDDLE, sheet.y + 14, " ".join(line), "sentence", "middle")
        sheet.y += 20


def neighbours(reading: Reading) -> str:
    """Who sees whom in two packed clips, and which tokens become one."""
    sheet, size, left, lengths = Sheet(), 17.0, 70.0, torch.tensor(PACKED)
    count, first = sum(PACKED), PACKED[0]
    alike = torch.zeros(count, 1, count)
    seen = windowed(alike, alike, torch.eye(count)[:, None], lengths, reading.window, 0.0)[:, 0] > 0
    sheet.text(LEFT, sheet.y + 10, "Row: a token. Shades: what it sees, itself strongest", "small")
    sheet.y += 44
    top = sheet.y
    sheet.cells(left, top, (size, size), 0.4 * seen.numpy() + 0.5 * np.eye(count))
    for start, length, name in ((0, first, "clip 1"), (first, PACKED[1], "clip 2")):
        place, side = start * size, length * size
        sheet.add("rect", "bounds", x=left + place, y=top + place, width=side, height=side)
        sheet.text(left + place + side / 2, top - 9, name, anchor="middle")
        sheet.text(left - 10, top + place + side / 2 + 4, name, anchor="end")
    reach = reading.window // 2
    notes = {4: ("itself and", f"{reach} on each side"), first - 1: ("none of", "another clip")}
    for row, lines in notes.items():
        for number, line in enumerate(lines):
            sheet.text(left + count * size + 8, top + row * size + 7 + 14 * number, line, "small")
    sheet.y = top + count * size
    draw_pooling(sheet, lengths, left, size)
    return sheet.svg("Local attention in two packed clips, and downsampling by two")


def draw_pooling(sheet: Sheet, lengths: torch.Tensor, left: float, size: float) -> None:
    """Below the matrix: its columns' tokens, and those that averages of three make of them."""
    count = int(lengths.sum())
    shares, after = pool(torch.eye(count), lengths)
    sheet.y += 20
    places = [left + (column + 0.5) * size for column in range(count)]
    tops = [x for x, place in zip(places, packed.positions(lengths).tolist(), strict=True) if place % 2 == 0]
    for number, column in shares.nonzero().tolist():
        sheet.add("line", "link", x1=places[column], y1=sheet.y + 14, x2=tops[number], y2=sheet.y + 52)
    for x, y in [(x, sheet.y) for x in places] + [(x, sheet.y + 52) for x in tops]:
        sheet.add("rect", "token", x=x - 6, y=y, width=12, height=14, rx=2)
    for y, tokens in ((sheet.y, lengths), (sheet.y + 52, after)):
        sheet.text(left - 10, y + 12, " + ".join(map(str, tokens.tolist())), anchor="end")
        sheet.text(left + count * size + 8, y + 12, "tokens", "small")
    sheet.text(left + count * size + 8, sheet.y + 38, "averages of 3", "small")
    sheet.y += 66
    sheet.text(LEFT, sheet.y + 24, "Beyond a clip's ends stand zeros: a sum of three, always divided by 3", "small")
    sheet.y += 28


def presence(reading: Reading) -> str:
    """From similarity to presence, for some pseudo-glosses."""
    sheet, left, right = Sheet(), 104.0, 362.0
    columns = [reading.glosses.index(name) for name in SHOWN] + [len(reading.glosses)]
    size = (right - left) / len(reading.similarity), 14.0
    highest = reading.similarity.max()
    sheet.frames(reading.inspection.frames, left, right)
    panels = [
        ("1 · Similarity", f"s, how alike: cosine, here up to {highest:.2f}", reading.similarity / highest),
        ("2 · Which sign?", "softmax of s / τU over the prototypes", reading.over_glosses),
        ("3 · When?", "softmax of s / τT over the clip's tokens", reading.over_time),
        ("4 · Presence", "2 times 3; a row's sum is the clip's score", reading.presence),
    ]
    for title, about, values in panels:
        sheet.text(LEFT, sheet.y + 26, title, "name")
        sheet.text(146, sheet.y + 26, about, "small")
        sheet.y += 36
        for row, name in enumerate((*SHOWN, "no sign")):
            sheet.text(left - 8, sheet.y + 11.5 + row * size[1], name, "small", "end")
        sheet.cells(left, sheet.y, size, values[:, columns].T)
        if values is reading.presence:
            for row, column in enumerate(columns[:-1]):
                total = float(values[:, column].sum())
                sheet.text(RIGHT, sheet.y + 11.5 + row * size[1], f"{total:.2f}", "small", "end")
        sheet.y += len(columns) * size[1]
    sheet.y += 4
    return sheet.svg("Prototype presence: similarity, two softmaxes, their product")


def layer(reading: Reading) -> str:
    """One layer of the decoder: what it attends to, and the gates."""
    sheet, half, other = Sheet(), 184.0, 212.0
    sheet.legend()
    for x, width, words in ((LEFT, half - LEFT, "text so far"), (other, RIGHT - other, "memory of the clip")):
        sheet.box(x, sheet.y, width, 30, "aside")
        sheet.text(x + width / 2, sheet.y + 20, words, "name", "middle")
    centres = (LEFT + half) / 2, (other + RIGHT) / 2
    sheet.y += 30
    sheet.down_both(centres)
    sheet.part(LEFT, RIGHT - LEFT, 30, "frozen", "LayerNorm, one for both")
    sheet.y += 30
    sheet.down_both(centres)
    sheet.box(LEFT, sheet.y, RIGHT - LEFT, 68, "frozen")
    sheet.text(LEFT + 12, sheet.y + 22, "Q, K, V: one set of weights for both", "name")
    sheet.chip(centres[0] - 60, sheet.y + 36, 120, "adapters")
    sheet.chip(centres[1] - 76, sheet.y + 36, 152, "adapters of its own")
    sheet.y += 68
    sheet.down_both(centres, ("q, k, v: text", "k, v: clip; q: text"))
    draw_attention(sheet, reading, other)
    sheet.arrow(centres[0], sheet.y + 3, centres[0], sheet.y + 2 * ARROW + 22)
    sheet.down(centres[1])
    sheet.part(other, RIGHT - other, 26, "trained", "× each head's gate")
    sheet.y += 26
    sheet.down(centres[1], "added")
    sheet.part(LEFT, RIGHT - LEFT, 36, "frozen", "Output projection")
    sheet.chip(300, sheet.y + 7, 96, "adapters")
    sheet.y += 36
    sheet.down(MIDDLE, "+ what came in")
    sheet.part(LEFT, RIGHT - LEFT, 30, "frozen", "LayerNorm, MLP")
    sheet.y += 30
    sheet.down(MIDDLE, "+ what came in: to the next layer")
    draw_gates(sheet, reading.gates)
    return sheet.svg("One decoder layer: self-attention, and behind gates attention to the clip")


def draw_attention(sheet: Sheet, reading: Reading, other: float) -> None:
    """A row for each word: the text that it may see, and the tokens of the clip that it looks at."""
    attention = reading.inspection.attention
    assert attention is not None
    words, tokens = attention.weights.shape
    sheet.text(LEFT, sheet.y + 12, "Self-attention", "name")
    sheet.text(other, sheet.y + 12, "Attention to the clip", "name")
    sheet.y += 22
    for row, word in enumerate(attention.words):
        sheet.text(LEFT, sheet.y + 11.5 + 15 * row, word, "small")
    sheet.cells(94, sheet.y, (9, 15), 0.4 * np.tri(words))
    sheet.cells(other, sheet.y, ((RIGHT - other) / tokens, 15), attention.weights / attention.weights.max())
    sheet.y += 15 * words


def draw_gates(sheet: Sheet, gates: list[list[float]]) -> None:
    """How far the shipped model's gates are open."""
    sheet.y += 6
    sheet.text(LEFT, sheet.y + 14, f"Gates: {len(gates)} layers of {len(gates[0])} heads; 1 is open", "name")
    sheet.y += 26
    for number, opened in enumerate(gates):
        sheet.text(LEFT, sheet.y + 14, f"layer {number + 1}", "small")
        step = (RIGHT - 68) / len(opened)
        for head, gate in enumerate(opened):
            x = 68 + head * step
            sheet.add("rect", "gate", x=x + 1, y=sheet.y + 16, width=step - 6, height=6, rx=3)
            sheet.add("rect", "strong", x=x + 1, y=sheet.y + 16, width=gate * (step - 6), height=6, rx=3)
            sheet.text(x + step / 2 - 2, sheet.y + 12, f"{gate:.2f}", "small", "middle")
        sheet.y += 30


FIGURES = {"system": system, "neighbours": neighbours, "presence": presence, "layer": layer}


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    reading = read()
    for name, draw in FIGURES.items():
        write_text(folder / f"model-{name}.svg", draw(reading))


if __name__ == "__main__":
    main()
