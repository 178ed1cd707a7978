"""Reads the vectors of some words from fastText files: ``.bin`` by random access, ``.vec`` in one pass.

The ``.bin`` format, little-endian, version 12 (fastText's ``FastText::saveModel``):

    int32 magic, version
    int32 dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate; double t
    int32 entries, words, labels; int64 tokens, pruned
    entries x (UTF-8 word, 0 byte, int64 count, int8 kind: 0 word, 1 label); pruned x (int32, int32)
    int8 quantised; int64 rows, columns; rows x columns float32     rows: the words, then ``bucket`` n-grams
    the output matrix, which word vectors do not need
"""

from __future__ import annotations

import gzip
import mmap
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import open_file
from sign2gpt.common.progress import track
from sign2gpt.common.text import normalised

MAGIC, VERSION = 793_712_314, 12
HEADER = struct.Struct("<14id3i2q")
ENTRY_TAIL = 9
MATRIX = struct.Struct("<?2q")
BEGIN, END, END_OF_SENTENCE = "<", ">", "</s>"
VEC = (".vec", ".vec.gz")
LONGEST_ROW = 1 << 20


class BinFile:
    """The word vectors of a ``.bin`` file: the dictionary is memory-mapped, rows are read one by one.

    Rows are not mapped, as the system would map their neighbours too: 4 GB for 2,500 words, measured.

    Raises:
        UserError: this is not a ``.bin`` file, or it is incomplete or quantised.
    """

    def __init__(self, path: Path, words: Iterable[str]) -> None:
        self.path = path
        self._file = open_file(path)
        self._check_magic(self._file.read(8))
        self._bytes = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(self._bytes) < HEADER.size:
            raise self._cut_off()
        header = HEADER.unpack_from(self._bytes)
        self.dim, self._shortest, self._longest = header[2], header[11], header[12]
        self._buckets = header[10] if self._longest > 0 else 0
        entries, self._words, pruned = header[15], header[16], header[19]
        at = self._read_dictionary(entries, words) + 8 * max(pruned, 0)
        if len(self._bytes) < at + MATRIX.size:
            raise self._cut_off()
        quantised, rows, columns = MATRIX.unpack_from(self._bytes, at)
        self._matrix = at + MATRIX.size
        if quantised:
            raise UserError(f"{path}: is quantised (.ftz); use the original .bin or .vec file")
        if columns != self.dim or rows != self._words + self._buckets:
            expected = f"{self._words + self._buckets} x {self.dim}"
            raise UserError(f"{path}: damaged (a matrix of {rows} x {columns}, not {expected}); download it again")
        if len(self._bytes) < self._matrix + 4 * rows * columns:
            raise self._cut_off()

    def __contains__(self, word: str) -> bool:
        """Whether the word has a row of its own."""
        return word in self._rows

    def vector(self, word: str) -> np.ndarray | None:
        """The mean of the word's own row and its n-grams' rows, float32 (dim,); None if it has neither."""
        row, spelling = self._rows.get(word, (None, word))
        rows = [] if row is None else [row]
        if self._buckets and word != END_OF_SENTENCE:
            buckets = (hash_ngram(ngram) % self._buckets for ngram in ngrams(spelling, self._shortest, self._longest))
            rows += [self._words + bucket for bucket in buckets]
        if not rows:
            return None
        return np.stack([self._row(row) for row in rows]).mean(axis=0)

    def _row(self, row: int) -> np.ndarray:
        self._file.seek(self._matrix + 4 * self.dim * row)
        return np.frombuffer(self._file.read(4 * self.dim), "<f4")

    def _check_magic(self, begin: bytes) -> None:
        if begin[:2] == b"\x1f\x8b":
            raise UserError(f"{self.path}: compressed; unpack it with `gunzip {self.path}`")
        if len(begin) < 8 or struct.unpack("<i", begin[:4])[0] != MAGIC:
            raise UserError(f"{self.path}: not a fastText .bin file (first bytes: {begin.hex(' ') or 'missing'})")
        version = struct.unpack("<i", begin[4:])[0]
        if version != VERSION:
            raise UserError(
                f"{self.path}: fastText format {version}, but only {VERSION} is supported; use the .vec file instead"
            )

    def _read_dictionary(self, entries: int, wanted: Iterable[str]) -> int:
        """Finds row and spelling of each of the ``wanted`` words; returns the offset of the dictionary's end."""
        self._rows: dict[str, tuple[int, str]] = {}
        searched = {normalised(word): word for word in wanted}
        at = HEADER.size
        for row in range(entries):
            end = self._bytes.find(b"\0", at)
            if end < 0:
                raise self._cut_off()
            spelling = self._bytes[at:end].decode(errors="replace")
            if row < self._words and (word := searched.get(normalised(spelling))) is not None:
                self._rows.setdefault(word, (row, spelling))
            at = end + 1 + ENTRY_TAIL
        return at

    def _cut_off(self) -> UserError:
        return UserError(f"{self.path}: incomplete, ends after {len(self._bytes):,} bytes; download it again")


def ngrams(word: str, shortest: int, longest: int) -> Iterator[bytes]:
    """The character n-grams of ``<word>``, in UTF-8, without ``<`` and ``>`` by themselves."""
    marked = BEGIN + word + END
    for start in range(len(marked)):
        for end in range(start + max(shortest, 1), min(start + longest, len(marked)) + 1):
            if end - start > 1 or 0 < start < len(marked) - 1:
                yield marked[start:end].encode()


def hash_ngram(ngram: bytes) -> int:
    """32-bit FNV-1a as in fastText: bytes are signed, so those over 127 flip the upper bits too."""
    value = 2_166_136_261
    for byte in ngram:
        value ^= byte if byte < 128 else byte | 0xFFFFFF00
        value = value * 16_777_619 & 0xFFFFFFFF
    return value


def read_bin(path: Path, words: list[str]) -> dict[str, np.ndarray]:
    """The vectors of ``words``, float32 (D,); a word that is not in the file is composed of its n-grams."""
    file = BinFile(path, words)
    vectors = ((word, file.vector(word)) for word in words)
    return {word: vector for word, vector in vectors if vector is not None}


def read_vec(path: Path, words: Iterable[str]) -> dict[str, np.ndarray]:
    """The vectors of those ``words`` that are in a ``.vec`` or ``.vec.gz`` file, float32 (D,).

    Raises:
        UserError: the file's first line or the line of one of the words is malformed.
    """
    searched = {normalised(word): word for word in words}
    vectors: dict[str, np.ndarray] = {}
    with _open_vec(path) as file:
        count, dim = _vec_sizes(file, path)
        for number, line in enumerate(track(_lines(file, path), f"reading {path.name}", count), start=2):
            spelling, _, values = line.partition(b" ")
            word = searched.get(normalised(spelling.decode(errors="replace")))
            if word is not None and word not in vectors:
                vectors[word] = _parsed(values, dim, f"{path}:{number}")
    return vectors


def width(path: Path) -> int:
    """D of the vectors in a ``.bin`` or ``.vec`` file.

    Raises:
        UserError: it is neither.
    """
    if path.name.endswith(VEC):
        with _open_vec(path) as file:
            return _vec_sizes(file, path)[1]
    return BinFile(path, ()).dim


@contextmanager
def _open_vec(path: Path) -> Iterator[IO[bytes]]:
    try:
        if path.suffix == ".gz":
            with open_file(path) as packed, gzip.open(packed, "rb") as unpacked:
                yield cast(IO[bytes], unpacked)
        else:
            with open_file(path) as plain:
                yield plain
    except (gzip.BadGzipFile, zlib.error, EOFError):
        raise UserError(f"{path}: incomplete or damaged; download it again") from None


def _lines(file: IO[bytes], path: Path) -> Iterator[bytes]:
    while line := file.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW:
            raise UserError(f"{path}: a line of more than {LONGEST_ROW >> 20} MiB, so it is damaged; download it again")
        yield line


def _vec_sizes(file: IO[bytes], path: Path) -> tuple[int, int]:
    """Number of words and width, from the first line."""
    header = file.readline(100).split()
    if len(header) != 2 or not all(number.isdigit() for number in header):
        raise UserError(f"{path}:1: must be `WORDS WIDTH`, as in a fastText .vec file")
    count, dim = map(int, header)
    return count, dim


def _parsed(values: bytes, dim: int, where: str) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):  # numbers beyond float32 become infinite, and are reported below
            vector = np.array(values.split(), dtype=np.float32)
    except ValueError:
        raise UserError(f"{where}: contains something that is not a number; download the file again") from None
    if vector.shape != (dim,) or not np.isfinite(vector).all():
        finite = int(np.isfinite(vector).sum())
        raise UserError(f"{where}: expected {dim} finite numbers, found {finite}; download the file again")
    return vector
