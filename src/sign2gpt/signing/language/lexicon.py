"""The sign of every gloss: random, with a seed from name and lexicon, and similar within families such as months."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from sign2gpt.common.seeds import draw
from sign2gpt.signing.language.phonology import (
    DRAWN,
    FACE,
    ORIENTATIONS,
    PATHS,
    PLACES,
    Face,
    Hands,
    Path,
    Sign,
)

# fmt: off
COUNTS = ("fist", "thumb", "gun", "thumb-two", "four", "five")
UNITS = ("NULL", "EINS", "ZWEI", "DREI", "VIER", "FUENF", "SECHS", "SIEBEN", "ACHT", "NEUN", "ZEHN")
TEENS = ("ELF", "ZWOELF", "DREIZEHN", "VIERZEHN", "FUENFZEHN", "SECHZEHN", "SIEBZEHN", "ACHTZEHN", "NEUNZEHN")
TENS = ("ZWANZIG", "DREISSIG", "VIERZIG", "FUENFZIG", "SECHZIG", "SIEBZIG", "ACHTZIG", "NEUNZIG")
MONTHS = (
    "JANUAR", "FEBRUAR", "MAERZ", "APRIL", "MAI", "JUNI",
    "JULI", "AUGUST", "SEPTEMBER", "OKTOBER", "NOVEMBER", "DEZEMBER",
)
WEEKDAYS = ("MONTAG", "DIENSTAG", "MITTWOCH", "DONNERSTAG", "FREITAG", "SAMSTAG", "SONNTAG")
LETTERS = (*"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ", "SCH", "NN")
# fmt: on
NUMBERS = {name: value for value, name in enumerate(UNITS + TEENS)} | {
    name: 10 * value for value, name in enumerate(TENS, start=2)
}
CLEAR = ("index", "vee", "five", "fist", "phone", "horns", "flat", "thumb-two")
BODY = ("side-high", "side", "side-low", "shoulder", "other-shoulder", "chest", "belly")
SIDES = ("front", "side", "side-high", "front-low", "chest", "belly", "shoulder")
_ASCII = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE"})


@dataclass(frozen=True)
class Lexicon:
    """The invented language with this ``seed``.

    >>> Lexicon(0).sign("REGEN") == Lexicon(0).sign("regen")
    True
    """

    seed: int = 0

    def sign(self, gloss: str) -> Sign:
        """The sign of a gloss; any string has one, regardless of case and the spelling of umlauts."""
        gloss = gloss.strip().upper().translate(_ASCII)
        number = int(gloss) if gloss.isascii() and gloss.isdigit() and len(gloss) < 3 else NUMBERS.get(gloss)
        if number is not None:
            return self._number(number)
        if gloss in MONTHS:
            return self._month(MONTHS.index(gloss))
        if gloss in WEEKDAYS:
            return self._weekday(WEEKDAYS.index(gloss))
        return _free(draw(self.seed, "sign", gloss))

    def _number(self, value: int) -> Sign:
        """Counted on fingers; from six on, the other hand shows five; teens twist, tens move in an arc."""
        family = draw(self.seed, "family", "numbers")
        place, tens = family.choice(("front", "side")), family.randrange(8)
        ten, unit = divmod(value, 10)
        count = value if value <= 10 else unit or ten
        shape = COUNTS[count if count <= 5 else count - 5]
        path = Path("tap", direction=2, length=0.06)
        if 10 < value < 20:
            path = Path("twist")
        elif value >= 20:
            path = Path("arc" if unit == 0 else "zigzag", direction=tens if unit == 0 else (tens + ten) % 8)
        return Sign(shape, shape, place, "up-out", path, "both" if count > 5 else "one", "five")

    def _month(self, index: int) -> Sign:
        """One hand at six places of the face, with another hand shape and number of taps in each half of the year."""
        family = draw(self.seed, "family", "months")
        shape = family.sample(CLEAR, 2)[index // 6]
        places = family.sample(FACE, 6)
        path = Path("tap", direction=family.choice((1, 2, 3)), length=0.1, repeats=1 + index // 6)
        return Sign(shape, shape, places[index % 6], family.choice(("slant-self", "up-self")), path, "one")

    def _weekday(self, index: int) -> Sign:
        """One circle, seven hand shapes at seven places of the body."""
        family = draw(self.seed, "family", "weekdays")
        shapes, places = (family.sample(names, len(WEEKDAYS)) for names in (CLEAR, BODY))
        return Sign(shapes[index], shapes[index], places[index], "up-out", Path("circle", length=0.1), "one")

    def letter(self, name: str) -> Sign:
        """One of `LETTERS`, finger-spelled: held at one place, with a hand shape for each letter."""
        family = draw(self.seed, "family", "letters")
        place, shapes = family.choice(("shoulder", "side")), family.sample(DRAWN, len(DRAWN))
        turn, number = divmod(LETTERS.index(name), len(shapes))
        return Sign(shapes[number], shapes[number], place, ("up-out", "slant-self")[turn], Path("hold"), "one")

    def choice(self, family: str, name: str, shapes: tuple[str, ...]) -> str:
        """One of ``shapes``, always the same for a name in a family."""
        return draw(self.seed, family, name).choice(shapes)

    def possessive(self, owner: str) -> Sign:
        """The flat hand, pushed towards the owner."""
        random = draw(self.seed, "possessive", owner)
        place, path = random.choice(("front", "chest", "side")), Path("tap", random.randrange(8), length=0.14)
        return Sign("flat", "flat", place, "up-out", path, "one")


def _free(random: Random) -> Sign:
    hands: Hands = random.choice(("one", "one", "one", "mirror", "mirror", "alternate", "base"))
    place = random.choice(SIDES if hands in ("mirror", "alternate") else tuple(PLACES))
    start = random.choice(DRAWN)
    end = random.choice(DRAWN) if random.random() < 0.3 else start
    kind = random.choice(PATHS)
    path = Path(kind, random.randrange(8), random.uniform(0.12, 0.17), 2 if kind == "tap" else random.choice((1, 1, 2)))
    if kind in ("circle", "twist"):
        path = replace(path, repeats=1)
    face = Face(
        brows=random.choice((-1.0, 0.0, 0.0, 0.0, 1.0)),
        mouth=random.choice(("rest", "smile", "round", "open", "tight", "down")),
        head=random.choice(("still", "still", "nod", "tilt", "turn", "back")),
    )
    orientations = [name for name in ORIENTATIONS if place not in FACE or not name.startswith(("down", "away"))]
    base = random.choice(("flat", "fist", "five", "cup"))
    return Sign(start, end, "front" if hands == "base" else place, random.choice(orientations), path, hands, base, face)
