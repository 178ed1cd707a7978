"""From tables and videos of one's own to a corpus; every mistake is told with its line, and nothing is written."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from recordings import browser_recording, record

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.importers.folder import FolderOptions, prepare_folder
from sign2gpt.video.decode import read_clip
from sign2gpt.video.encode import write_clip

OPTIONS = FolderOptions(name="mine", language="de", size=32)
FINE = {
    "train": "id\tvideo\ttext\na\tone.mp4\teins\nb\ttwo.mp4\tzwei\n",
    "dev": "id\tvideo\ttext\nc\tone.mp4\tdrei\n",
    "test": "id\tvideo\ttext\nd\tthree.mp4\tvier\n",
}


def shades(count: int, width: int = 64) -> Iterator[np.ndarray]:
    """Frame n has the grey value 4 n."""
    for n in range(count):
        yield np.full((48, width, 3), 4 * n, np.uint8)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    write_clip(folder / "one.mp4", shades(50), 25)
    write_clip(folder / "two.mp4", shades(30), 30)
    write_clip(folder / "three.mp4", shades(25), 25)
    for split, table in FINE.items():
        (folder / f"{split}.tsv").write_text(table, encoding="utf-8")
    return folder


def prepare(source: Path, options: FolderOptions = OPTIONS) -> Corpus:
    prepare_folder(source, source.parent / "corpus", options, workers=1)
    return Corpus.open(source.parent / "corpus")


def refusal(source: Path, train: str | bytes) -> str:
    (source / "train.tsv").write_bytes(train if isinstance(train, bytes) else train.encode())
    with pytest.raises(UserError) as told:
        prepare(source)
    assert [path.name for path in source.parent.iterdir()] == ["source"]
    return str(told.value)


def test_tables_and_videos_become_a_corpus(source: Path) -> None:
    corpus = prepare(source)
    assert corpus.splits == ["train", "dev", "test"]
    assert [(row.id, row.text, row.num_frames) for row in corpus.rows("train")] == [
        ("a", "eins", 50),
        ("b", "zwei", 25),
    ]
    assert (corpus.info.name, corpus.info.language, corpus.info.frame_rate, corpus.info.size) == ("mine", "de", 25, 32)


def test_cut_signer_and_glosses_are_taken_from_the_table(source: Path) -> None:
    header = "id\tvideo\ttext\tstart\tend\tsigner\tglosses\tcrop"
    (source / "train.tsv").write_text(f"{header}\na\tone.mp4\teins\t0.4\t1.2\tAnna\tEINS ZWEI\t0,0,48,48\n")
    (row,) = prepare(source).rows("train")
    assert (row.num_frames, row.signer, row.glosses) == (20, "Anna", "EINS ZWEI")


def test_a_byte_order_mark_windows_lines_and_quotes_are_read_as_they_are_meant(source: Path) -> None:
    (source / "train.tsv").write_bytes('\ufeffid\tvideo\ttext\r\na\tone.mp4\ter sagt "ja", grüßt\r\n'.encode())
    (row,) = prepare(source).rows("train")
    assert row.text == 'er sagt "ja", grüßt'


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_table_is_read_as_a_spreadsheet_saves_it(source: Path, separator: str) -> None:
    (source / "train.tsv").unlink()
    rows = [["ID", "Video ", "text"], ["a", "one.mp4", '"er sagt ""ja"", grüßt; geht"'], ["", "", ""]]
    text = "\r\n".join(separator.join(row) for row in rows)
    (source / "train.csv").write_text(f"\ufeff{text}\r\n", encoding="utf-8", newline="")
    (row,) = prepare(source).rows("train")
    assert (row.id, row.text) == ("a", 'er sagt "ja", grüßt; geht')


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id;video;text\na;one.mp4;eins; zwei\n", "train.csv:2: 4 cells, but the header has 3"),
        ('id;video;text\na;one.mp4;"eins\nzwei"\n', "train.csv:3: text contains a line break"),
        ('id;video;text\na;one.mp4;"eins"s\n', "train.csv: not a CSV table"),
        ("id;video;text;notes\na;one.mp4;eins;x\n", "train.csv:1: unknown column 'notes'"),
        (
            "id;video;text\na;one.mp4;süd\n".encode("cp1252"),
            "train.csv: not UTF-8 text; save it as 'CSV UTF-8'",
        ),
        ("id;video;text\n".encode("utf-16"), "train.csv: not UTF-8 text"),
    ],
)
def test_what_is_wrong_with_a_spreadsheets_table_is_told(source: Path, table: str | bytes, message: str) -> None:
    (source / "train.tsv").unlink()
    (source / "train.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(UserError) as told:
        prepare(source)
    assert message in str(told.value)


def test_two_tables_of_a_split_are_refused(source: Path) -> None:
    (source / "train.csv").write_text("id,video,text\n")
    assert "train.tsv and train.csv both exist" in refusal(source, FINE["train"])


@pytest.mark.parametrize(("listed", "lies"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_an_umlaut_of_macos_is_the_same_umlaut(source: Path, listed: str, lies: str) -> None:
    (source / "one.mp4").rename(source / unicodedata.normalize(lies, "jörg.mp4"))
    table = f"id\tvideo\ttext\na\t{unicodedata.normalize(listed, 'jörg.mp4')}\teins\n"
    (source / "train.tsv").write_text(table, encoding="utf-8")
    (source / "dev.tsv").write_text(FINE["dev"].replace("one", "two"), encoding="utf-8")
    (row,) = prepare(source).rows("train")
    assert row.num_frames == 50


def test_people_who_would_be_stretched_unlike_are_told_of(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_clip(source / "two.mp4", shades(30, width=32), 30)
    prepare(source)
    assert "0.67 to 1.33" in " ".join(capsys.readouterr().err.split())
    prepare_folder(source, source.parent / "padded", dataclasses.replace(OPTIONS, fit="pad"), workers=1)
    assert "times as wide" not in capsys.readouterr().err


def test_all_mistakes_of_all_tables_come_at_once_with_their_lines(source: Path) -> None:
    (source / "dev.tsv").write_text("id\tvidoe\ttext\nc\tone.mp4\tdrei\n")
    (source / "test.tsv").unlink()
    told = refusal(
        source,
        "id\tvideo\ttext\tstart\tend\n"
        "a\tone.mp4\t\t\t\n"
        "b\tone.mp4\tzwei\t2\t1\n"
        "c\tone.mp4\tdrei\tsoon\t-1\n"
        "d\tgone.mp4\tvier\t\t\n"
        "e\tone.mp4\tfünf\t\t\n"
        "e\tone.mp4\tsechs\t\t\n"
        "f\tone.mp4\n",
    )
    for expected in (
        "train.tsv:2: text is empty",
        "train.tsv:3: start 2 s must come before end 1 s",
        "train.tsv:4: start is 'soon'",
        "train.tsv:4: end is -1",
        "train.tsv:5: no video gone.mp4",
        "train.tsv:7: id e is already used in train.tsv:6",
        "train.tsv:8: 2 cells, but the header has 5",
        "dev.tsv:1: no column video; the columns are id, vidoe, text",
        "test.tsv: no such file, nor test.csv",
    ):
        assert expected in told


def test_an_id_in_two_splits_is_refused(source: Path) -> None:
    assert "dev.tsv:2: id c is already used in train.tsv:2" in refusal(source, "id\tvideo\ttext\nc\tone.mp4\teins\n")


@pytest.mark.parametrize("name", ["../a", "a/b", "a\\b", ".a", "", "..", "a\0b", "C:a", "x" * 300])
def test_an_id_that_names_no_file_here_is_refused(source: Path, name: str) -> None:
    assert "train.tsv:2: id " in refusal(source, f"id\tvideo\ttext\n{name}\tone.mp4\teins\n")


@pytest.mark.parametrize("video", ["../out.mp4", "/etc/passwd", "x/../../out.mp4", "C:\\x.mp4"])
def test_a_video_outside_the_folder_is_refused(source: Path, video: str) -> None:
    told = refusal(source, f"id\tvideo\ttext\na\t{video}\teins\n")
    assert "train.tsv:2: video " in told
    assert "leaves" in told


def test_links_are_followed_and_what_they_point_to_is_copied(source: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (source / "one.mp4").rename(tmp_path / "disk" / "one.mp4")
    (source / "two.mp4").rename(tmp_path / "disk" / "two.mp4")
    (source / "one.mp4").symlink_to(tmp_path / "disk" / "one.mp4")
    (source / "linked").symlink_to(tmp_path / "disk")
    (source / "train.tsv").write_text("id\tvideo\ttext\na\tone.mp4\teins\nb\tlinked/two.mp4\tzwei\n")
    corpus = prepare(source)
    assert [row.num_frames for row in corpus.rows("train")] == [50, 25]
    assert not any(path.is_symlink() for path in corpus.folder.rglob("*"))


def test_a_video_in_other_capitals_is_taken_and_named(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "Sub").mkdir()
    (source / "two.mp4").rename(source / "Sub" / "Zwei.MP4")
    (source / "train.tsv").write_text("id\tvideo\ttext\na\tONE.MP4\teins\nb\tsub/zwei.mp4\tzwei\n")
    assert [row.num_frames for row in prepare(source).rows("train")] == [50, 25]
    told = capsys.readouterr().err
    assert "train.tsv:2: ONE.MP4 is spelled one.mp4 in the folder" in told
    assert "train.tsv:3: sub/zwei.mp4 is spelled Sub/Zwei.MP4 in the folder" in told


def test_two_videos_that_differ_in_capitals_are_both_named(source: Path) -> None:
    (source / "One.mp4").write_bytes((source / "one.mp4").read_bytes())
    told = refusal(source, "id\tvideo\ttext\na\tONE.MP4\teins\n")
    assert "train.tsv:2: no video ONE.MP4, but One.mp4 and one.mp4" in told


@pytest.mark.parametrize("crop", ["1,2,3", "a,b,c,d", "0,0,0,10", "-1,0,10,10", "20,0,60,48"])
def test_a_crop_that_is_none_or_leaves_the_picture_is_refused(source: Path, crop: str) -> None:
    assert "train.tsv:2:" in refusal(source, f"id\tvideo\ttext\tcrop\na\tone.mp4\teins\t{crop}\n")


def test_a_start_past_the_end_of_its_video_is_refused(source: Path) -> None:
    told = refusal(source, "id\tvideo\ttext\tstart\na\tone.mp4\teins\t2.5\n")
    assert "train.tsv:2: one.mp4: start 2.5 s is after the video's end (2.00 s)" in told


def test_unreadable_videos_are_told_together(source: Path) -> None:
    (source / "text.mp4").write_text("not a video")
    (source / "empty.mp4").touch()
    whole = (source / "one.mp4").read_bytes()
    (source / "half.mp4").write_bytes(whole[: len(whole) // 2])
    rows = "".join(f"{name}\t{name}.mp4\teins\n" for name in ("text", "empty", "half"))
    told = refusal(source, f"id\tvideo\ttext\n{rows}")
    for line, name in enumerate(("text", "empty", "half"), start=2):
        assert re.search(rf"train\.tsv:{line}: .*{name}\.mp4: ", told)


def test_a_cut_video_is_told_before_anything_is_written_and_its_whole_part_is_used(source: Path) -> None:
    write_clip(source / "cut.mkv", (frame for _ in range(2) for frame in shades(50)), 25)
    whole = (source / "cut.mkv").read_bytes()
    (source / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    told = refusal(source, "id\tvideo\ttext\na\tcut.mkv\teins\n")
    assert re.search(r"train\.tsv:2: cut\.mkv: incomplete, ends at [12]\.\d+ s of 4\.00 s", told)
    (source / "train.tsv").write_text("id\tvideo\ttext\tend\na\tcut.mkv\teins\t1\n")
    (row,) = prepare(source).rows("train")
    assert row.num_frames == 25


@pytest.mark.parametrize("table", ["", "id\tvideo\ttext\n", "id,video,text\na,one.mp4,x\n", b"id\tvideo\ttext\n\xff\n"])
def test_a_table_that_lists_nothing_is_refused(source: Path, table: str | bytes) -> None:
    assert "train.tsv" in refusal(source, table)


def test_missing_videos_may_be_left_out_but_not_all_of_them(source: Path) -> None:
    (source / "two.mp4").unlink()
    allowing = FolderOptions(name="mine", language="de", size=32, allow_missing=True)
    corpus = prepare(source, allowing)
    assert [row.id for row in corpus.rows("train")] == ["a"]
    (source / "one.mp4").unlink()
    with pytest.raises(UserError, match=r"train: none of its videos can be read"):
        prepare_folder(source, source.parent / "other", allowing, workers=1)


def test_damaged_and_cut_videos_may_be_left_out_too(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source / "two.mp4").write_bytes(b"no video")
    write_clip(source / "cut.mkv", (frame for _ in range(2) for frame in shades(50)), 25)
    whole = (source / "cut.mkv").read_bytes()
    (source / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    (source / "train.tsv").write_text("id\tvideo\ttext\na\tone.mp4\teins\nb\ttwo.mp4\tzwei\ne\tcut.mkv\tdrei\n")
    corpus = prepare(source, FolderOptions(name="mine", language="de", size=32, allow_missing=True))
    assert [row.id for row in corpus.rows("train")] == ["a"]
    said = " ".join(capsys.readouterr().err.split())
    assert "left out: train.tsv:3: " in said
    assert "left out: train.tsv:4: cut.mkv: incomplete, ends at" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (FolderOptions(name="x", language="german tongue"), "BCP 47"),
        (FolderOptions(name="", language="de"), "name"),
        (FolderOptions(name="x", language="de", size=10**8), "GB needed"),
    ],
)
def test_options_that_do_not_fit_are_told(source: Path, options: FolderOptions, message: str) -> None:
    with pytest.raises(UserError, match=message):
        prepare(source, options)
    assert [path.name for path in source.parent.iterdir()] == ["source"]


def test_a_browsers_recordings_make_a_corpus_at_their_rate(source: Path) -> None:
    times_s = np.arange(60) / 30 + np.random.default_rng(0).uniform(0, 0.01, 60)
    for name in ("one", "two", "three"):
        browser_recording(source / f"{name}.webm", list(shades(60)), np.maximum.accumulate(times_s))
    for split, table in FINE.items():
        (source / f"{split}.tsv").write_text(table.replace(".mp4", ".webm"), encoding="utf-8")
    corpus = prepare(source)
    assert corpus.info.frame_rate == 30
    assert [row.num_frames for row in corpus.rows("train")] == [60, 60]


def test_a_cut_goes_by_the_players_clock(source: Path) -> None:
    record(source / "one.mp4", list(shades(50)), np.arange(50) / 25 + 3, sound_s=(0, 5))
    (source / "train.tsv").write_text("id\tvideo\ttext\tstart\tend\na\tone.mp4\teins\t4\t4.4\n")
    (row,) = prepare(source, dataclasses.replace(OPTIONS, frame_rate=25)).rows("train")
    assert row.num_frames == 10
    levels = read_clip(row.path, frame_rate=25, size=None).frames.mean((1, 2, 3)) / 4
    assert levels == pytest.approx(np.arange(25, 35), abs=0.6)
