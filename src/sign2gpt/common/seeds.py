"""Seeds with names: the same seed and names give the same random numbers, on any machine and in any order."""

from __future__ import annotations

import hashlib
import random


def derive(seed: int, *names: str | int) -> int:
    """A 63-bit seed made from ``seed`` and ``names``, independent of PYTHONHASHSEED."""
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def draw(seed: int, *names: str | int) -> random.Random:
    """Python's random generator with the seed that `derive` makes."""
    return random.Random(derive(seed, *names))
