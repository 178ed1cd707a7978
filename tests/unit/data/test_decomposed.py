"""Texts in decomposed letters, as macOS and some web pages hand them over, are read as everybody else's."""

from __future__ import annotations

import json
import pickle
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import texts
from csl_release import Signed, write_images, write_release
from typer.testing import CliRunner

from sign2gpt.cli.main import command_line
from sign2gpt.common.files import read_lines
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.glosses.fasttext import BinFile, read_bin, read_vec
from sign2gpt.data.importers.annotations import ANNOTATED, read_annotations
from sign2gpt.data.importers.csl_daily import prepare_csl_daily
from sign2gpt.data.importers.folder import FolderOptions, prepare_folder
from sign2gpt.data.importers.gfslt import prepare_gfslt
from sign2gpt.data.importers.how2sign import prepare_how2sign
from sign2gpt.data.importers.release import ImportOptions
from sign2gpt.video.encode import write_clip

TEXT, SIGNER, GLOSSES = "für die Böen im Süden überall kühler", "Jörg", "BÖE SÜD ÜBERALL"
SPLITS = ("train", "dev", "test")
OPTIONS = ImportOptions(size=32, workers=1)


def apart(text: str) -> str:
    """Letters and their dots are two signs, and blanks are of another kind."""
    return unicodedata.normalize("NFD", text).replace(" ", "\u00a0")


def grey(path: Path, count: int = 6) -> None:
    write_clip(path, (np.full((48, 64, 3), 9 * n, np.uint8) for n in range(count)), 25)


def own_tables(folder: Path, corpus: Path) -> None:
    grey(folder / unicodedata.normalize("NFD", "köln.mp4"))
    for split in SPLITS:
        rows = ["id\tvideo\ttext\tsigner\tglosses", "\t".join([split, apart("köln.mp4"), *map(apart, told())])]
        (folder / f"{split}.tsv").write_text("\n".join(rows), encoding="utf-8")
    prepare_folder(folder, corpus, FolderOptions(name="own", language="de", size=32), workers=1)


def label_files(folder: Path, corpus: Path) -> None:
    for split in SPLITS:
        write_images(folder / "videos" / split, 3)
        images = [f"{split}/{number:06}.jpg" for number in range(3)]
        row = {"name": split, "text": apart(TEXT), "gloss": apart(GLOSSES), "imgs_path": images}
        (folder / f"labels.{split}").write_bytes(pickle.dumps({split: row}))
    info = CorpusInfo(name="labels", language="de", frame_rate=25, size=32, licence="none")
    prepare_gfslt(folder, folder / "videos", corpus, info, OPTIONS)


def how2sign(folder: Path, corpus: Path) -> None:
    header = "VIDEO_NAME\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n"
    for split in ("train", "val", "test"):
        grey(folder / f"{split}-5-rgb_front.mp4")
        row = f"{split}-5-rgb_front\t{split}_0-5-rgb_front\t0\t0.2\t{apart(TEXT)}\n"
        (folder / f"how2sign_realigned_{split}.csv").write_text(header + row, encoding="utf-8")
    prepare_how2sign(folder, corpus, OPTIONS, 25)


def csl_daily(folder: Path, corpus: Path) -> None:
    clips = [Signed(f"S00000{n}_P0001_T00", s, list(map(apart, GLOSSES.split())), apart(TEXT), 2) for n, s in
             enumerate(SPLITS)]  # fmt: skip
    write_release(folder / "release", clips, [clip.name for clip in clips])
    prepare_csl_daily(folder / "release", corpus, OPTIONS)


def told() -> tuple[str, str, str]:
    return TEXT, SIGNER, GLOSSES


@pytest.mark.parametrize("write", [own_tables, label_files, how2sign, csl_daily])
def test_every_importer_composes_texts(tmp_path: Path, write: Callable[[Path, Path], None]) -> None:
    (tmp_path / "source").mkdir()
    write(tmp_path / "source", tmp_path / "corpus")
    for split in SPLITS:
        written = (tmp_path / "corpus" / split / "metadata.csv").read_text(encoding="utf-8")
        (row,) = Corpus.open(tmp_path / "corpus").rows(split)
        assert row.text == TEXT
        assert TEXT in written
        assert row.glosses in (None, GLOSSES)
        assert row.signer in ("", "5", "P0001", SIGNER)


def test_phoenix14ts_tables_are_composed(tmp_path: Path) -> None:
    for split in SPLITS:
        row = "|".join([f"{split}-1", "video", "-1", "-1", *map(apart, (SIGNER, GLOSSES, TEXT))])
        table = f"name|video|start|end|speaker|orth|translation\n{row}\n"
        (tmp_path / f"PHOENIX-2014-T.{split}.corpus.csv").write_text(table, encoding="utf-8")
    found = read_annotations(ANNOTATED["phoenix14t"], tmp_path)
    assert {(entry.text, entry.signer, entry.glosses) for entry in found} == {told()}


def test_pseudo_glosses_are_words_and_not_their_pieces(tmp_path: Path) -> None:
    pytest.importorskip("HanTa", reason="HanTa is an extra")
    sentences = [TEXT, "der Kühler wird überall größer", "über Köln höhere Wolken"]
    for name, spelled in (("composed", str), ("decomposed", apart)):
        rows = [("train", f"clip{n}", spelled(text), spelled(GLOSSES)) for n, text in enumerate(sentences)]
        corpus = texts.write_texts(tmp_path / name, name, "de", rows)
        assert CliRunner().invoke(command_line(), ["glosses", str(corpus), "--set", "data.max_share=1"]).exit_code == 0
    made = [json.loads((tmp_path / name / "pseudo_glosses.json").read_text()) for name in ("composed", "decomposed")]
    assert made[0] == made[1]
    assert "überall" in made[1]["vocabulary"]
    (row, *_) = Corpus.open(tmp_path / "decomposed").rows("train")
    assert (row.text, row.glosses) == (TEXT, GLOSSES)


def test_words_with_marks_that_no_letter_has_stay_whole(tmp_path: Path) -> None:
    corpus = texts.write_texts(tmp_path / "c", "c", "yo", [("train", "a", "ẹ̀kọ́ ni", ""), ("train", "b", "हिन्दी", "")])
    assert CliRunner().invoke(command_line(), ["glosses", str(corpus), "--set", "data.max_share=1"]).exit_code == 0
    made = json.loads((corpus / "pseudo_glosses.json").read_text())
    assert sorted(made["vocabulary"]) == sorted(["ẹ̀kọ́", "ni", "हिन्दी"])


def test_sentences_without_clips_and_lines_are_composed(tmp_path: Path) -> None:
    corpus = texts.write_texts(tmp_path / "c", "c", "de", [("train", "a", TEXT, "")])
    (corpus / "unsigned.txt").write_text(f"{apart(TEXT)}\n", encoding="utf-8")
    assert Corpus.open(corpus).sentences() == [TEXT]
    assert read_lines(corpus / "unsigned.txt") == [TEXT]


def test_vectors_of_decomposed_words_are_found(tmp_path: Path) -> None:
    path = tmp_path / "words.vec"
    path.write_text(f"2 2\n{apart('süden')} 1 2\nê\u0301 3 4\n", encoding="utf-8")
    found = read_vec(path, ["süden", "ế", "nord"])
    assert {word: vector.tolist() for word, vector in found.items()} == {"süden": [1, 2], "ế": [3, 4]}


def test_a_models_own_spelling_makes_its_ngrams(tmp_path: Path) -> None:
    fasttext = pytest.importorskip("gensim.models.fasttext", reason="gensim is an extra")
    words = [[apart("süden"), "norden"]] * 3
    model = fasttext.FastText(
        words, vector_size=4, min_count=1, min_n=2, max_n=3, bucket=50, epochs=1, workers=1, seed=1
    )
    fasttext.save_facebook_model(model, str(tmp_path / "words.bin"))
    assert "süden" in BinFile(tmp_path / "words.bin", ["süden"])
    vector = read_bin(tmp_path / "words.bin", ["süden"])["süden"]
    np.testing.assert_allclose(vector, model.wv[apart("süden")], atol=1e-6)


def test_equal_texts_score_100_however_they_are_written(tmp_path: Path) -> None:
    for name, text in (("ours.txt", apart(TEXT)), ("theirs.txt", TEXT)):
        (tmp_path / name).write_text(f"{text}\n", encoding="utf-8")
    files = ["--hypotheses", str(tmp_path / "ours.txt"), "--references", str(tmp_path / "theirs.txt")]
    run = CliRunner().invoke(
        command_line(), ["score", *files, "--protocol", "phoenix14t", "--bootstrap", "0", "--json"]
    )
    found = json.loads(run.stdout)
    assert [found[name] for name in ("bleu1", "bleu4", "rouge_l")] == [100, 100, 100]
