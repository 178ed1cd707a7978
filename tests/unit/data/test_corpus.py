"""Reading a corpus folder: what is in it, and that nothing outside of it is ever reached."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus

INFO = "format: 1\nname: tiny\nlanguage: de\nframe_rate: 25\nsize: 64\nlicence: CC0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "corpus.yaml").write_text(INFO)
    table(corpus, "train", [["a.mp4", "guten tag", "5"]])
    return corpus


def table(
    corpus: Path, split: str, rows: list[list[str]], header: tuple[str, ...] = ("file_name", "text", "num_frames")
):
    (corpus / split).mkdir(exist_ok=True)
    with (corpus / split / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def test_splits_come_in_their_usual_order_then_by_name(folder: Path) -> None:
    for split in ("zoo", "test", "dev", "alps"):
        table(folder, split, [["a.mp4", "x", "1"]])
    assert Corpus.open(folder).splits == ["train", "dev", "test", "alps", "zoo"]


def test_a_row_gives_what_the_table_says_and_other_columns_too(folder: Path) -> None:
    header = ("file_name", "text", "signer", "glosses", "num_frames", "weather")
    table(folder, "dev", [["x1.mp4", 'er sagt "ja", oder\nnein', "S1", "JA NEIN", "7", "mild"]], header)
    (row,) = Corpus.open(folder).rows("dev")
    assert (row.id, row.split, row.path) == ("x1", "dev", folder / "dev" / "x1.mp4")
    assert row.text == 'er sagt "ja", oder nein', "write it on one line"
    assert (row.signer, row.glosses, row.num_frames, row.extra) == ("S1", "JA NEIN", 7, {"weather": "mild"})


def test_glosses_and_signer_may_be_absent(folder: Path) -> None:
    (row,) = Corpus.open(folder).rows("train")
    assert (row.signer, row.glosses) == ("", None)


@pytest.mark.parametrize(
    "name", ["../a.mp4", "/etc/passwd", "b/../../a.mp4", "C:\\a.mp4", "..\\a.mp4", "", ".", "\\\\host\\a.mp4"]
)
def test_a_clip_outside_the_corpus_is_refused_with_its_line(folder: Path, name: str) -> None:
    table(folder, "dev", [["fine.mp4", "x", "1"], [name, "x", "1"]])
    with pytest.raises(UserError, match="line 3"):
        Corpus.open(folder).rows("dev")


def test_a_link_out_of_the_corpus_is_refused_and_one_inside_is_not(folder: Path) -> None:
    (folder.parent / "secret.mp4").touch()
    (folder / "train" / "out.mp4").symlink_to(folder.parent / "secret.mp4")
    (folder / "train" / "in.mp4").symlink_to(folder / "train" / "a.mp4")
    table(folder, "train", [["in.mp4", "x", "1"]])
    assert Corpus.open(folder).rows("train")
    table(folder, "train", [["out.mp4", "x", "1"]])
    with pytest.raises(UserError, match="link that leaves"):
        Corpus.open(folder).rows("train")


def test_a_corpus_may_itself_be_reached_through_a_link(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert Corpus.open(link).rows("train")


@given(name=st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=30))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_that_is_not_refused_stays_inside(folder: Path, name: str) -> None:
    try:
        table(folder, "train", [[name, "x", "1"]])
    except UnicodeEncodeError:
        return
    try:
        (row,) = Corpus.open(folder).rows("train")
    except UserError:
        return
    assert row.path.resolve().is_relative_to((folder / "train").resolve())


def test_all_mistakes_of_a_table_come_at_once(folder: Path) -> None:
    table(folder, "dev", [["a.mp4", "x", "0"], ["b.mp4", "x"], ["c.mp4", "x", "ten"], ["c.mp4", "x", "1"]])
    with pytest.raises(UserError, match="4 problems") as told:
        Corpus.open(folder).rows("dev")
    assert re.findall(r"line \d+", str(told.value))[:4] == ["line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "corpus.yaml").unlink(), "no corpus here"),
        (lambda folder: (folder / "corpus.yaml").write_text("format: 2\nshape: round\n"), "newer"),
        (lambda folder: (folder / "corpus.yaml").write_text(INFO + "licens: x\n"), "did you mean 'licence'"),
        (lambda folder: (folder / "corpus.yaml").write_text(INFO.replace("de\n", "german language\n")), "BCP 47"),
        (lambda folder: (folder / "train" / "metadata.csv").unlink(), "no split"),
    ],
)
def test_what_is_no_corpus_is_told_in_one_line(folder: Path, damage, message: str) -> None:
    damage(folder)
    with pytest.raises(UserError, match=message):
        Corpus.open(folder)


def test_an_unknown_split_names_the_nearest(folder: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'train'"):
        Corpus.open(folder).rows("trian")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"file_name;text\n", b'file_name,text,num_frames\n"a\n'])
def test_a_table_that_is_none_is_told(folder: Path, content: bytes) -> None:
    (folder / "train" / "metadata.csv").write_bytes(content)
    with pytest.raises(UserError, match=r"metadata\.csv"):
        Corpus.open(folder).rows("train")
