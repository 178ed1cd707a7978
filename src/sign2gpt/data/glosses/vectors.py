"""Word vectors of the pseudo-glosses, the prototypes of pretraining (MODEL.md 4): V words, D wide."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.common.installation import require
from sign2gpt.common.progress import say
from sign2gpt.common.seeds import derive
from sign2gpt.data import segment
from sign2gpt.data.config import VectorsConfig
from sign2gpt.data.glosses.fasttext import VEC, BinFile, read_bin, read_vec

SMALLEST_SINGULAR = 1e-3
PIECE_BYTES = 3


def word_vectors(words: list[str], config: VectorsConfig, texts: list[str], seed: int) -> np.ndarray:
    """Vectors of ``words``, float32 (V, D): from ``config.file``, else trained on the corpus' ``texts``.

    Raises:
        UserError: the file cannot be read or has none of the words, or gensim is not installed.
    """
    file = config.file
    vectors = trained(words, config, texts, seed) if file is None else from_file(words, Path(file), seed)
    whiten = file is None if config.whiten is None else config.whiten
    return whitened(vectors) if whiten else vectors


def from_file(words: list[str], path: Path, seed: int) -> np.ndarray:
    """Vectors from a fastText ``.bin`` or ``.vec`` file, float32 (V, D).

    A word that is not in the file is composed of its n-grams (``.bin``) or of the longest pieces in the file
    (``.vec``). Words without either get a random vector of average length, and are reported.

    Raises:
        UserError: the file cannot be read, or has none of the words.
    """
    if not path.is_file():
        raise UserError(
            f"data.vectors.file: {path}: no such file; delete this key to train vectors on the corpus' text"
        )
    found = _from_pieces(words, path) if path.name.endswith(VEC) else read_bin(path, words)
    if not found:
        raise UserError(f"{path}: has none of the {len(words):,} pseudo-glosses; use vectors of the corpus' language")
    lacking = [word for word in words if word not in found]
    if lacking:
        shown = ", ".join(lacking[:10]) + (", ..." if len(lacking) > 10 else "")
        say(f"{path.name} has no vector for {len(lacking):,} of {len(words):,} words; using random ones: {shown}")
    length = float(np.mean([np.linalg.norm(vector) for vector in found.values()]))
    dim = len(next(iter(found.values())))
    return np.stack([found[word] if word in found else _random(word, dim, length, seed) for word in words])


class Unknown(NamedTuple):
    """Words that are not in a file of vectors: those composed of pieces in it, and those with a random vector."""

    pieced: list[str]
    random: list[str]


def unknown(words: list[str], path: Path) -> Unknown:
    """Which of ``words`` are not in a fastText ``.bin`` or ``.vec`` file.

    Raises:
        UserError: the file cannot be read.
    """
    if path.name.endswith(VEC):
        known, covers = _covers(words, path)
        listed, composed = set(known), {word for word, cover in covers.items() if cover}
    else:
        file = BinFile(path, words)
        listed, composed = {word for word in words if word in file}, {w for w in words if file.vector(w) is not None}
    pieced = [word for word in words if word in composed and word not in listed]
    return Unknown(pieced, [word for word in words if word not in composed])


def trained(words: list[str], config: VectorsConfig, texts: list[str], seed: int) -> np.ndarray:
    """fastText vectors trained on ``texts``, float32 (V, dim); the same in every process."""
    fasttext = require("gensim.models.fasttext", "vectors")
    model = fasttext.FastText(
        sentences=[segment.words(text) for text in texts],
        vector_size=config.dim,
        sg=1,  # skip-gram: with continuous bags of words half of the directions are noise
        min_count=1,
        min_n=1 if any(map(segment.CHINESE.search, words)) else 3,
        epochs=config.epochs,
        bucket=config.bucket,
        seed=derive(seed, "vectors") % 2**31,
        workers=1,
        hashfxn=lambda text: zlib.crc32(text.encode()),
    )
    return np.stack([model.wv[word] for word in words]).astype(np.float32)


def whitened(vectors: np.ndarray) -> np.ndarray:
    """Centred vectors with the same variance in all directions: float32 (V, D), mean square 1.

    Vectors of a small corpus share one large component, so that all words are similar. Directions with a singular value
    below 1e-3 of the largest are noise and dropped.
    """
    if len(vectors) < 2:
        return vectors
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    kept = singular > SMALLEST_SINGULAR * singular[0]
    white = left[:, kept] @ right[kept]
    return (white * np.sqrt(len(vectors))).astype(np.float32)


def _from_pieces(words: list[str], path: Path) -> dict[str, np.ndarray]:
    """Vectors of a ``.vec`` file; a word that is not in it gets the mean of the longest pieces that are."""
    known, covers = _covers(words, path)
    return {word: np.mean([known[piece] for piece in cover], axis=0) for word, cover in covers.items() if cover}


def _covers(words: list[str], path: Path) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """The vectors in a ``.vec`` file of words and their pieces, and the pieces that each word is composed of."""
    pieces = {word[start:end] for word in words for start, end in _spans(word)}
    known = read_vec(path, {*words, *pieces})
    return known, {word: [word] if word in known else _cover(word, known) for word in words}


def _cover(word: str, known: dict[str, np.ndarray]) -> list[str]:
    """The longest known pieces of ``word`` from left to right; other letters are skipped."""
    found, at = [], 0
    for start, end in _spans(word):
        if start >= at and word[start:end] in known:
            found.append(word[start:end])
            at = end
    return found


def _spans(word: str) -> Iterator[tuple[int, int]]:
    """Start and end of pieces, from left to right and the longest first: three letters, or one Chinese character."""
    for start in range(len(word)):
        for end in range(len(word), start, -1):
            if len(word[start:end].encode()) >= PIECE_BYTES:
                yield start, end


def _random(word: str, dim: int, length: float, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(derive(seed, "vector", word)).standard_normal(dim, dtype=np.float32)
    return drawn * np.float32(length / np.linalg.norm(drawn))
