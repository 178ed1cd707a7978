"""Word vectors: our reader of fastText files against gensim's, words that are absent, whitening."""

from __future__ import annotations

import gzip
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.data.config import VectorsConfig
from sign2gpt.data.glosses.fasttext import hash_ngram, ngrams, read_bin, read_vec
from sign2gpt.data.glosses.vectors import Unknown, from_file, trained, unknown, whitened, word_vectors

fasttext = pytest.importorskip("gensim.models.fasttext", reason="gensim is an extra")

TEXTS = [
    "am montag viel regen und schnee im norden",
    "heute scheint die sonne im süden",
    "zum abend hin böen an der küste",
    "公司离家很远，他为什么不打车？",
]
TOKENS = [["regen", "schnee", "süden", "böen", "größer"], ["公司", "离家", "远", "打车", "regen"], ["ß", "é", "日"]]
ABSENT = ["regenschnee", "südlich", "打公司", "x", "Größe", "🙂"]


def write_bin(path: Path, shortest: int = 3, longest: int = 6) -> Path:
    """A ``.bin`` file as Facebook's program writes it, by gensim."""
    model = fasttext.FastText(
        TOKENS * 5, vector_size=12, min_count=1, min_n=shortest, max_n=longest, bucket=50, epochs=2, workers=1, seed=1
    )
    fasttext.save_facebook_model(model, str(path))
    return path


def write_vec(path: Path, vectors: dict[str, list[float]]) -> Path:
    lines = [f"{len(vectors)} 2", *(" ".join([word, *map(str, vector)]) + " " for word, vector in vectors.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def bin_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bin(tmp_path_factory.mktemp("vectors") / "small.bin")


@pytest.mark.parametrize("lengths", [(3, 6), (1, 4), (2, 2), (5, 5)])
def test_bin_vectors_are_gensims(tmp_path: Path, lengths: tuple[int, int]) -> None:
    path = write_bin(tmp_path / "model.bin", *lengths)
    reference = fasttext.load_facebook_vectors(str(path))
    known = [word for line in TOKENS for word in line]
    ours = read_bin(path, known + ABSENT)
    for word in known:
        np.testing.assert_allclose(ours[word], reference[word], atol=1e-6)
    for word in ABSENT:
        if list(ngrams(word, *lengths)):
            np.testing.assert_allclose(ours[word], reference[word], atol=1e-6)
        else:
            assert word not in ours


def test_what_a_file_does_not_hold(tmp_path: Path) -> None:
    words = ["regen", "regenschnee", "x"]
    assert unknown(words, write_bin(tmp_path / "small.bin", 5, 5)) == Unknown(["regenschnee"], ["x"])
    vec = write_vec(tmp_path / "small.vec", {"regen": [1, 2], "schnee": [3, 4]})
    assert unknown(["regen", "regenschnee", "sonne"], vec) == Unknown(["regenschnee"], ["sonne"])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8))
def test_ngrams_and_their_hashes_are_gensims(word: str) -> None:
    from gensim.models.fasttext import ft_ngram_hashes

    ours = [hash_ngram(ngram) % 1000 for ngram in ngrams(word, 3, 6)]
    assert ours == list(ft_ngram_hashes(word, 3, 6, 1000))


def test_only_needed_rows_of_a_large_file_are_read(tmp_path: Path) -> None:
    """A sparse file of 2.4 GB; a child process of its own tells its peak memory."""
    path, words, buckets, dim = tmp_path / "large.bin", 2_000, 2_000_000, 300
    with path.open("wb") as file:
        file.write(struct.pack("<14id", 793712314, 12, dim, 5, 5, 5, 10, 1, 1, 2, buckets, 5, 5, 100, 1e-4))
        file.write(struct.pack("<3i2q", words, words, 0, 10**9, -1))
        file.write(b"".join(f"wort{number}\0".encode() + struct.pack("<qb", 5, 0) for number in range(words)))
        file.write(struct.pack("<?2q", False, words + buckets, dim))
        file.truncate(file.tell() + 4 * dim * (words + buckets))
    code = (
        "import resource, sys; from pathlib import Path; from sign2gpt.data.glosses.fasttext import read_bin\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); found = read_bin(Path(sys.argv[1]), [f'wort{n}' for n in range(2500)])\n"
        "print(len(found), peak() - before)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    found, grown = map(int, run.stdout.split())
    grown_mb = grown / (2**20 if sys.platform == "darwin" else 2**10)
    assert found == 2500
    assert grown_mb < 100


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: b"", "not a fastText .bin file"),
        (lambda data: b"<!DOCTYPE html>" + data, "not a fastText .bin file"),
        (lambda data: gzip.compress(data), "unpack it with `gunzip"),
        (lambda data: data[:4] + struct.pack("<i", 11) + data[8:], "format 11"),
        (lambda data: data[:50], "ends after 50 bytes"),
        (lambda data: data[:110], "incomplete"),
        (lambda data: data[: len(data) // 3], "incomplete"),
        (lambda data: data[:8] + struct.pack("<i", 13) + data[12:], "damaged"),
    ],
)
def test_a_damaged_bin_file_is_refused_in_words(bin_file: Path, tmp_path: Path, change, told: str) -> None:
    path = tmp_path / "damaged.bin"
    path.write_bytes(change(bin_file.read_bytes()))
    with pytest.raises(UserError, match=told):
        read_bin(path, ["regen"])


def test_a_quantised_file_is_refused_in_words(bin_file: Path, tmp_path: Path) -> None:
    data = bytearray(bin_file.read_bytes())
    words = len({word for line in TOKENS for word in line})
    flag = data.index(struct.pack("<?2q", False, words + 50, 12))
    data[flag] = 1
    path = tmp_path / "small.ftz"
    path.write_bytes(data)
    with pytest.raises(UserError, match="is quantised"):
        from_file(["regen"], path, seed=0)


def test_vec_holds_the_same_vectors_packed_or_not(tmp_path: Path) -> None:
    path = write_vec(tmp_path / "words.vec", {"regen": [1, 2], "süden": [3, 4.5], "打车": [5, 6]})
    packed = tmp_path / "words.vec.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file in (path, packed):
        found = read_vec(file, ["süden", "打车", "wind"])
        assert {word: vector.tolist() for word, vector in found.items()} == {"süden": [3, 4.5], "打车": [5, 6]}


def test_a_word_absent_from_vec_is_the_mean_of_its_longest_pieces(tmp_path: Path) -> None:
    known = {"sonne": [1, 0], "sonnen": [2, 0], "schein": [0, 4], "ein": [9, 9], "公": [6, 0], "司": [0, 2]}
    path = write_vec(tmp_path / "words.vec", {word: list(map(float, vector)) for word, vector in known.items()})
    vectors = from_file(["sonne", "sonnenschein", "公司"], path, seed=0)
    assert vectors.tolist() == [[1, 0], [1, 2], [3, 1]]


def test_a_word_without_any_piece_gets_the_same_random_vector_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_vec(tmp_path / "words.vec", {"regen": [3.0, 4.0]})
    vectors = from_file(["regen", "qq"], path, seed=7)
    assert np.linalg.norm(vectors[1]) == pytest.approx(5)
    np.testing.assert_array_equal(vectors[1], from_file(["qq", "regen"], path, seed=7)[0])
    assert not np.array_equal(vectors[1], from_file(["regen", "qq"], path, seed=8)[1])
    assert "has no vector for 1 of 2 words" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("regen 1 2\n", ":1: must be `WORDS WIDTH`"),
        ("", ":1:"),
        ("1 2\nregen 1\n", ":2: expected 2 finite numbers, found 1"),
        ("1 2\nregen 1 nan\n", ":2: expected 2 finite numbers, found 1"),
        ("1 2\nregen 1 zwei\n", ":2: contains something that is not a number"),
        ("1 2\nrain 1 2\n", "has none of the 1 pseudo-glosses"),
    ],
)
def test_a_damaged_vec_file_is_refused_in_words(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "damaged.vec"
    path.write_text(content)
    with pytest.raises(UserError, match=told):
        from_file(["regen"], path, seed=0)


def test_a_file_that_is_not_there_or_cut_off_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.bin: no such file"):
        from_file(["regen"], tmp_path / "gone.bin", seed=0)
    whole = gzip.compress(write_vec(tmp_path / "words.vec", {"regen": [1, 2]}).read_bytes())
    for name, content in (("cut.vec.gz", whole[:-9]), ("plain.vec.gz", b"1 2\nregen 1 2\n")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="incomplete or damaged"):
            from_file(["regen"], tmp_path / name, seed=0)


def coherence(vectors: np.ndarray) -> float:
    """Mean of |cosine| over pairs of different words."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = np.abs(unit @ unit.T)
    return float(cosines[~np.eye(len(cosines), dtype=bool)].mean())


@given(st.integers(0, 1000), st.integers(3, 40), st.integers(2, 30))
def test_whitened_vectors_are_centred_and_no_direction_outweighs_another(seed: int, words: int, dim: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=(words, dim)) * np.geomspace(1, 0.1, dim) + 5
    white = whitened(drawn.astype(np.float32))
    assert white.shape == (words, dim)
    assert np.abs(white.mean(axis=0)).max() < 1e-3
    singular = np.linalg.svd(white, compute_uv=False)
    kept = singular > 0.1
    assert kept.any()
    np.testing.assert_allclose(singular[kept], np.sqrt(words), rtol=1e-3)
    np.testing.assert_allclose(singular[~kept], 0, atol=1e-3)


def test_noise_below_a_thousandth_is_dropped() -> None:
    drawn = np.random.default_rng(0).normal(size=(30, 10)) * np.array([1.0] * 4 + [1e-5] * 6)
    assert np.linalg.matrix_rank(whitened(drawn.astype(np.float32)), tol=1e-3) == 4


def test_vectors_of_a_small_corpus_are_nearly_collinear_until_whitened() -> None:
    words = [
        "regen",
        "schnee",
        "sonne",
        "wolken",
        "wind",
        "nebel",
        "norden",
        "süden",
        "westen",
        "osten",
        "morgen",
        "heute",
        "abend",
        "nacht",
    ]
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, 7)) for _ in range(300)]
    raw = trained(words, VectorsConfig(dim=30, epochs=10), texts, seed=0)
    assert coherence(raw) > 0.9
    white = word_vectors(words, VectorsConfig(dim=30, epochs=10), texts, seed=0)
    assert coherence(white) < 0.1
    np.testing.assert_array_equal(white, whitened(raw))


def test_file_vectors_are_whitened_only_when_asked(bin_file: Path) -> None:
    words = ["regen", "schnee", "打车"]
    as_they_are = np.stack(list(read_bin(bin_file, words).values()))
    plain = VectorsConfig(file=str(bin_file))
    np.testing.assert_array_equal(word_vectors(words, plain, [], seed=0), as_they_are)
    asked = VectorsConfig(file=str(bin_file), whiten=True)
    np.testing.assert_array_equal(word_vectors(words, asked, [], seed=0), whitened(as_they_are))


def test_trained_vectors_are_the_same_with_any_hash_seed() -> None:
    code = (
        "import hashlib; from sign2gpt.data.config import VectorsConfig\n"
        "from sign2gpt.data.glosses.vectors import trained\n"
        f"made = trained(['regen', 'wehen', '打车'], VectorsConfig(dim=8, epochs=3, bucket=100), {TEXTS!r}, seed=3)\n"
        "print(made.shape, made.dtype, hashlib.sha256(made.tobytes()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert printed.pop().startswith("(3, 8) float32")
