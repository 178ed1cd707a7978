"""Word vectors of the pseudo-glosses, the prototypes of pretraining (MODEL.md 4): V words, D wide."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.common.extras import require
from sign2gpt.common.progress import say
from sign2gpt.common.seeds import derive
from sign2gpt.data import segment
from sign2gpt.data.config import VectorsConfig
from sign2gpt.data.fasttext import VEC, BinFile, read_bin, read_vec

SMALLEST_SINGULAR = 1e-3
PIECE_BYTES = 3


def word_vectors(words: list[str], config: VectorsConfig, texts: list[str], seed: int) -> np.ndarray:
    """Vectors of ``words``, float32 (V, D): from ``config.file``, else trained on the corpus' own ``texts``.

    Raises:
        UserError: the file cannot be read or holds none of the words, or gensim is absent.
    """
    file = config.file
    vectors = trained(words, config, texts, seed) if file is None else from_file(words, Path(file), seed)
    whiten = file is None if config.whiten is None else config.whiten
    return whitened(vectors) if whiten else vectors


def from_file(words: list[str], path: Path, seed: int) -> np.ndarray:
    """Vectors from a fastText ``.bin`` or ``.vec`` file, float32 (V, D).

    A word that is not in it is made of its n-grams (``.bin``) or of the longest pieces that are in it (``.vec``);
    where there are none, a random vector of middling length stands in, and how many is told on stderr.

    Raises:
        UserError: the file cannot be read, or holds none of the words.
    """
    if not path.is_file():
        raise UserError(
            f"data.vectors.file: {path}: no such file; without a file vectors are trained on the corpus' text"
        )
    found = _from_pieces(words, path) if path.name.endswith(VEC) else read_bin(path, words)
    if not found:
        raise UserError(f"{path}: holds none of the {len(words):,} pseudo-glosses; is it of the corpus' language?")
    lacking = [word for word in words if word not in found]
    if lacking:
        shown = ", ".join(lacking[:10]) + (", ..." if len(lacking) > 10 else "")
        say(f"{path.name} has no vector for {len(lacking):,} of {len(words):,} words, random ones: {shown}")
    length = float(np.mean([np.linalg.norm(vector) for vector in found.values()]))
    dim = len(next(iter(found.values())))
    return np.stack([found[word] if word in found else _random(word, dim, length, seed) for word in words])


class Unknown(NamedTuple):
    """Words that a file of vectors does not hold: made of pieces that it has, and of which it has nothing."""

    pieced: list[str]
    random: list[str]


def unknown(words: list[str], path: Path) -> Unknown:
    """Which of ``words`` a fastText ``.bin`` or ``.vec`` file does not hold as a whole.

    Raises:
        UserError: the file cannot be read.
    """
    if path.name.endswith(VEC):
        known, covers = _covers(words, path)
        whole, made = set(known), {word for word, cover in covers.items() if cover}
    else:
        file = BinFile(path, words)
        whole, made = {word for word in words if word in file}, {w for w in words if file.vector(w) is not None}
    return Unknown([w for w in words if w in made and w not in whole], [w for w in words if w not in made])


def trained(words: list[str], config: VectorsConfig, texts: list[str], seed: int) -> np.ndarray:
    """fastText vectors trained on ``texts``, float32 (V, dim); the same in every process."""
    fasttext = require("gensim.models.fasttext", "vectors")
    model = fasttext.FastText(
        sentences=[segment.words(text) for text in texts],
        vector_size=config.dim,
        sg=1,  # continuous bags of words leave half of the directions to noise
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
    """Centred vectors whose directions all weigh the same: float32 (V, D), mean square 1 over words and directions.

    Vectors of a small corpus share one large direction; as they come, every word is like every other. Directions
    with a singular value below 1e-3 of the largest are dropped, for they are noise.
    """
    if len(vectors) < 2:
        return vectors
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    kept = singular > SMALLEST_SINGULAR * singular[0]
    white = left[:, kept] @ right[kept]
    return (white * np.sqrt(len(vectors))).astype(np.float32)


def _from_pieces(words: list[str], path: Path) -> dict[str, np.ndarray]:
    """Vectors of a ``.vec`` file; a word that is not in it is the mean of the longest pieces that are."""
    known, covers = _covers(words, path)
    return {word: np.mean([known[piece] for piece in cover], axis=0) for word, cover in covers.items() if cover}


def _covers(words: list[str], path: Path) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """What a ``.vec`` file holds of words and their pieces, and of which of these each word is made."""
    pieces = {word[start:end] for word in words for start, end in _spans(word)}
    known = read_vec(path, {*words, *pieces})
    return known, {word: [word] if word in known else _cover(word, known) for word in words}


def _cover(word: str, known: dict[str, np.ndarray]) -> list[str]:
    """From left to right the longest pieces of ``word`` that are known; letters that fit nowhere are passed over."""
    found, at = [], 0
    for start, end in _spans(word):
        if start >= at and word[start:end] in known:
            found.append(word[start:end])
            at = end
    return found


def _spans(word: str) -> Iterator[tuple[int, int]]:
    """Places of pieces, from left to right and the longest first: three letters at least, or one Chinese character."""
    for start in range(len(word)):
        for end in range(len(word), start, -1):
            if len(word[start:end].encode()) >= PIECE_BYTES:
                yield start, end


def _random(word: str, dim: int, length: float, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(derive(seed, "vector", word)).standard_normal(dim, dtype=np.float32)
    return drawn * np.float32(length / np.linalg.norm(drawn))
