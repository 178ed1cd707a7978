"""Build, looks and manner of every signer, from the signers' seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sign2gpt.common.seeds import draw

Colour = tuple[int, int, int]

SKINS: tuple[Colour, ...] = (
    (250, 214, 190), (241, 194, 160), (224, 172, 130), (198, 140, 98), (160, 104, 68), (118, 76, 52),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (46, 36, 34), (84, 54, 38), (126, 78, 44), (184, 130, 70), (222, 184, 116), (150, 62, 38), (146, 142, 140),
)  # fmt: skip
DARK_CLOTHES: tuple[Colour, ...] = (
    (42, 62, 104), (38, 92, 92), (96, 48, 84), (46, 84, 58), (58, 60, 72), (36, 98, 138), (72, 66, 130), (32, 44, 56),
)  # fmt: skip
LIGHT_CLOTHES: tuple[Colour, ...] = (
    (232, 190, 96), (148, 204, 196), (238, 226, 206), (170, 192, 232), (226, 176, 190), (188, 212, 150),
)  # fmt: skip
WALLS: tuple[Colour, ...] = (
    (206, 220, 228), (216, 226, 210), (228, 220, 232), (202, 222, 220), (226, 224, 214), (212, 216, 234),
)  # fmt: skip
IRISES: tuple[Colour, ...] = ((84, 56, 38), (62, 92, 126), (80, 108, 70), (52, 42, 40))
HAIR_STYLES = ("short", "bob", "long", "bun", "curly", "side")
COLLARS = ("round", "vee", "shirt", "high")


@dataclass(frozen=True)
class Signer:
    """Lengths are in sides of the frame, factors around 1."""

    name: str
    skin: Colour
    hair: Colour
    clothes: Colour
    wall: Colour
    iris: Colour
    hair_style: str
    collar: str
    glasses: bool
    beard: bool
    left_handed: bool
    shoulder: float
    head: float
    hand: float
    arm: float
    tempo: float
    movement: float
    light_side: int
    light: float
    blink_s: float


def signers(seed: int, count: int) -> list[Signer]:
    """``count`` signers: consecutive ones differ in skin and wall, hands contrast with clothes, every fourth is
    left-handed. Signer i does not depend on ``count``.
    """
    start = draw(seed, "palette")
    orders = {
        name: start.sample(palette, len(palette))
        for name, palette in (
            ("skin", SKINS),
            ("hair", HAIRS),
            ("wall", WALLS),
            ("dark", DARK_CLOTHES),
            ("light", LIGHT_CLOTHES),
        )
    }
    picked = [{name: order[i % len(order)] for name, order in orders.items()} for i in range(count)]
    return [_signer(i, draw(seed, "signer", i), **colours) for i, colours in enumerate(picked)]


def _signer(
    index: int, random: Random, skin: Colour, hair: Colour, wall: Colour, dark: Colour, light: Colour
) -> Signer:
    style = random.choice(HAIR_STYLES)
    return Signer(
        name=f"signer{index:02d}",
        skin=skin,
        hair=hair if skin in SKINS[:4] else random.choice(HAIRS[:3]),
        clothes=light if skin in SKINS[-2:] else dark,
        wall=wall,
        iris=random.choice(IRISES),
        hair_style=style,
        collar=random.choice(COLLARS),
        glasses=random.random() < 0.25,
        beard=style == "short" and random.random() < 0.5,
        left_handed=index % 4 == 3,
        shoulder=random.uniform(0.155, 0.18),
        head=random.uniform(0.95, 1.05),
        hand=random.uniform(1.2, 1.32),
        arm=random.uniform(0.97, 1.05),
        tempo=random.uniform(0.93, 1.08),
        movement=random.uniform(0.9, 1.12),
        light_side=random.choice((-1, 1)),
        light=random.uniform(0.94, 1.05),
        blink_s=random.uniform(1.6, 3.2),
    )
