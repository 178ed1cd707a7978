"""`synth --annotations`: real sentences, signed, from the command line; recipe and folder that do not fit are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from csl_release import annotated, write_release
from forked import sign2gpt
from releases import phoenix14t

from sign2gpt.data.check import check_corpus
from sign2gpt.data.corpus import Corpus
from sign2gpt.video.decode import read_clip

SIZES = {"size": 48, "train": 3, "dev": 1, "test": 2, "test_unseen_signer": 1}


def synth(recipe: str, corpus: Path, *options: str | Path) -> tuple[int, str]:
    """Exit code and all that was said, on one line."""
    sizes = [word for key, value in SIZES.items() for word in ("--set", f"signing.{key}={value}")]
    done = sign2gpt("synth", recipe, corpus, *sizes, "--workers", "1", *options)
    assert "Traceback" not in done.stderr
    assert not done.stdout
    return done.returncode, " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def german(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that lists three clips a split, with their images."""
    return phoenix14t(tmp_path_factory.mktemp("german"), shared, clips=3, most_frames=60, list_all=False)


def test_real_sentences_become_a_corpus_and_a_second_run_does_nothing(german: Path, tmp_path: Path) -> None:
    code, told = synth("signed_phoenix14t", tmp_path / "corpus", "--annotations", german)
    assert code == 0, told
    corpus = Corpus.open(tmp_path / "corpus")
    assert [len(corpus.rows(split)) for split in ("train", "dev", "test", "test_unseen_signer")] == [3, 1, 2, 1]
    row = corpus.rows("train")[0]
    assert (row.id, row.num_frames) == ("11August_2010_Wednesday_tagesschau-1", 60)
    assert row.glosses == "JETZT WETTER MORGEN DONNERSTAG ZWOELF FEBRUAR"
    assert row.text == "und nun die wettervorhersage für morgen donnerstag den zwölften august"
    assert read_clip(row.path, frame_rate=None, size=None).frames.shape == (60, 48, 48, 3)
    for expected in ("CC BY-NC-SA 3.0", "not a sign language"):
        assert expected in corpus.info.licence
    assert "not a sign language" in corpus.info.notice
    assert check_corpus(tmp_path / "corpus", workers=1).problems == []
    code, told = synth("signed_phoenix14t", tmp_path / "corpus", "--annotations", german)
    assert code == 0
    assert "already complete" in told


def test_sentences_that_are_not_drawn_are_what_a_language_model_reads(german: Path, tmp_path: Path) -> None:
    code, told = synth("signed_phoenix14t", tmp_path / "corpus", "--annotations", german, "--set", "signing.train=2")
    assert code == 0, told
    corpus = Corpus.open(tmp_path / "corpus")
    table = next(german.rglob("PHOENIX-2014-T.train.corpus.csv")).read_text(encoding="utf-8").splitlines()[1:]
    signed = {row.id for row in corpus.rows("train")}
    assert len(signed) == 2
    assert corpus.sentences() == [line.split("|")[-1] for line in table if line.split("|")[0] not in signed]


def test_csl_daily_keeps_its_rate_and_lengths(shared: Path, tmp_path: Path) -> None:
    listed = annotated(shared)
    clips = [next(clip for clip in listed if clip.split == split) for split in ("train", "dev", "test")]
    write_release(tmp_path / "release", clips, [])
    code, told = synth("signed_csl_daily", tmp_path / "corpus", "--annotations", tmp_path / "release")
    assert code == 0, told
    corpus = Corpus.open(tmp_path / "corpus")
    assert (corpus.info.frame_rate, corpus.info.language) == (30, "zh")
    for clip in clips:
        (row,) = corpus.rows(clip.split)
        assert (row.text, row.glosses, row.num_frames) == (clip.text, " ".join(clip.glosses), clip.num_frames)


def test_sentences_without_anything_to_sign_are_named(shared: Path, tmp_path: Path) -> None:
    release = phoenix14t(tmp_path / "made", shared, clips=3, most_frames=1, list_all=False)
    (table,) = release.rglob("PHOENIX-2014-T.train.corpus.csv")
    lines = table.read_text(encoding="utf-8").splitlines()
    cells = [line.split("|") for line in lines]
    cells[1][5], cells[2][6], cells[3][5] = "__ON__ __OFF__", " ", "__ON__ REGEN"
    table.write_text("\n".join("|".join(row) for row in cells) + "\n", encoding="utf-8")
    code, told = synth("signed_phoenix14t", tmp_path / "corpus", "--annotations", release)
    assert code == 0, told
    assert f"left out, no glosses to sign: 1 clip: {cells[1][0]}" in told
    assert f"left out, no text: 1 clip: {cells[2][0]}" in told
    assert [row.id for row in Corpus.open(tmp_path / "corpus").rows("train")] == [cells[3][0]]


def test_a_sentence_of_more_signs_than_memory_holds_is_refused(shared: Path, tmp_path: Path) -> None:
    release = phoenix14t(tmp_path / "made", shared, clips=1, most_frames=1, list_all=False)
    (table,) = release.rglob("PHOENIX-2014-T.train.corpus.csv")
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("JETZT", "+".join("A" * 1000)), encoding="utf-8")
    code, told = synth("signed_phoenix14t", tmp_path / "corpus", "--annotations", release)
    assert (code, "train.corpus.csv:2) has 1,005 signs" in told) == (2, True)


def test_recipe_and_folder_must_fit(german: Path, tmp_path: Path) -> None:
    code, told = synth("signed_phoenix14t", tmp_path / "corpus")
    assert (code, "--annotations DIR" in told) == (2, True)
    code, told = synth("demo", tmp_path / "corpus", "--annotations", german)
    assert (code, "no key signing.annotations" in told) == (2, True)
    code, told = synth("signed_csl_daily", tmp_path / "corpus", "--annotations", german)
    assert (code, "csl2020ct_v2.pkl" in told) == (2, True)
    assert not (tmp_path / "corpus").exists()
