"""The 529 cases: kinds, how many of each, and the draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from damage import archives, pickles, tables, texts, videos, weights
from damage.cases import Case
from sign2gpt.common.seeds import draw

SEED = 4
Family = Callable[[str], Callable[[int, Random, Path], Case]]
KINDS: dict[str, tuple[int, Family]] = {
    "videos and images, cut": (18, lambda kind: videos.video(kind, videos.CUT)),
    "videos and images, emptied": (12, lambda kind: videos.video(kind, videos.EMPTY)),
    "videos and images, bits flipped": (30, lambda kind: videos.video(kind, videos.FLIPPED)),
    "videos and images, renamed": (24, lambda kind: videos.video(kind, videos.RENAMED)),
    "videos and images, huge headers": (24, lambda kind: videos.video(kind, videos.HEADERS)),
    "tables, columns": (20, lambda kind: tables.table(kind, tables.COLUMNS)),
    "tables, quotes": (12, lambda kind: tables.table(kind, tables.QUOTES)),
    "tables, encodings and NULs": (20, lambda kind: tables.table(kind, tables.ENCODINGS)),
    "tables, 10 MB fields": (18, lambda kind: tables.table(kind, tables.LARGE)),
    "tables, formulas": (12, lambda kind: tables.table(kind, tables.FORMULAS)),
    "tables, paths that leave": (22, lambda kind: tables.table(kind, tables.PATHS)),
    "tables, links that leave": (10, tables.links),
    "tables, numbers": (16, lambda kind: tables.table(kind, tables.NUMBERS)),
    "transcriptions": (12, tables.transcriptions),
    "lengths of clips": (13, tables.lengths),
    "pickles, code": (18, lambda kind: pickles.pickled(kind, pickles.CODE)),
    "pickles, nesting": (14, lambda kind: pickles.pickled(kind, pickles.DEEP)),
    "pickles, size": (18, lambda kind: pickles.pickled(kind, pickles.LARGE)),
    "pickles, damaged": (20, lambda kind: pickles.pickled(kind, pickles.DAMAGED)),
    "archives, names": (8, lambda kind: archives.archived(kind, archives.NAMES)),
    "archives, links": (6, lambda kind: archives.archived(kind, archives.LINKS)),
    "archives, bombs": (10, lambda kind: archives.archived(kind, archives.BOMBS)),
    archives.DAMAGES: (14, lambda kind: archives.archived(kind, archives.DAMAGED)),
    "safetensors, lying headers": (20, lambda kind: weights.tensors(kind, weights.LYING)),
    "safetensors, damaged": (8, lambda kind: weights.tensors(kind, weights.DAMAGED)),
    "checkpoints, damaged": (9, weights.checkpoints),
    "YAML, anchors and nesting": (12, lambda kind: texts.read(kind, texts.RECIPES, texts.EXPLODING)),
    "YAML, damaged": (25, lambda kind: texts.read(kind, texts.RECIPES, texts.YAML)),
    "JSON, damaged": (21, lambda kind: texts.read(kind, texts.DOCUMENTS, texts.JSON)),
    "YAML, claims": (11, lambda kind: texts.read(kind, texts.CLAIMING, texts.CLAIMS)),
    "JSON, claims": (18, lambda kind: texts.read(kind, texts.CONFIGURED, texts.CONFIGS)),
    "lines of text": (9, lambda kind: texts.read(kind, texts.SCORED, texts.LINES)),
    "word vectors, text": (11, lambda kind: texts.read(kind, texts.TEXT_VECTORS, texts.VEC)),
    "word vectors, binary": (14, lambda kind: texts.read(kind, texts.BINARY_VECTORS, texts.BIN)),
}


def drawn(whole: Path, seed: int = SEED) -> list[Case]:
    """All cases, the same for a seed; healthy inputs lie in ``whole``."""
    return [
        family(kind)(number, draw(seed, kind, number), whole)
        for kind, (count, family) in KINDS.items()
        for number in range(count)
    ]


def tenth(cases: list[Case], seed: int = SEED) -> list[int]:
    """Places of a tenth of the cases, of all kinds that are large enough."""
    return sorted(draw(seed, "tenth").sample(range(len(cases)), len(cases) // 10))
