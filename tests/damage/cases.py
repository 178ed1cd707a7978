"""What a damaged input is: bytes in a folder, the command that reads them, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

REFUSED, SKIPPED, HARMLESS = "refused", "skipped", "harmless"
EITHER = (REFUSED, HARMLESS)
"""For damage that a reader may not notice: a flipped bit of a picture, a number within bounds."""

Write = Callable[[Path], None]
Change = Callable[[bytes, Random], bytes]


@dataclass(frozen=True)
class Case:
    """A damaged input.

    Attributes:
        kind: row of the table of outcomes.
        name: what was done to which file.
        words: the command; it runs in the case's folder, where ``out`` is the target.
        named: what a refusal must name.
        write: puts the input into the folder.
        outcomes: what may come of it.
    """

    kind: str
    name: str
    words: tuple[str, ...]
    named: str
    write: Write = field(repr=False)
    outcomes: tuple[str, ...] = (REFUSED,)

    @property
    def inside(self) -> bool:
        """Whether the command's target is the input's own folder, ``in``."""
        return self.words[0] in ("glosses", "corpus", "pretrain")


@dataclass(frozen=True)
class Damage:
    """What is done to the bytes of a file."""

    name: str
    change: Change
    outcomes: tuple[str, ...] = (REFUSED,)


def cut(data: bytes, random: Random) -> bytes:
    return data[: int(len(data) * random.uniform(0.02, 0.95))]


def emptied(data: bytes, random: Random) -> bytes:
    return b""


def flipped(data: bytes, random: Random, end: int | None = None) -> bytes:
    """One to twenty bits turned over, among the first ``end`` bytes."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 20)):
        changed[random.randrange(len(data[:end]))] ^= 1 << random.randrange(8)
    return bytes(changed)


def flipped_early(data: bytes, random: Random) -> bytes:
    return flipped(data, random, 64)


def shuffled(data: bytes, random: Random) -> bytes:
    """A piece of the file stands where another should."""
    piece = max(1, len(data) // 8)
    source, target = (random.randrange(max(1, len(data) - piece)) for _ in range(2))
    return data[:target] + data[source : source + piece] + data[target + piece :]


def noise(data: bytes, random: Random) -> bytes:
    return random.randbytes(random.randint(1, 5000))


BINARY: dict[str, Change] = {
    "cut": cut,
    "emptied": emptied,
    "bits flipped": flipped,
    "bits flipped at its begin": flipped_early,
    "a piece misplaced": shuffled,
    "noise": noise,
}
"""What becomes of any file on a bad disk."""


def instead(content: bytes) -> Change:
    """Something else under the same name."""
    return lambda data, random: content
