"""How2Sign's release, made small in its own layout: real names, odd sentences, and the faults that it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.importers.how2sign import prepare_how2sign
from sign2gpt.data.importers.release import ImportOptions
from sign2gpt.video.decode import read_clip
from sign2gpt.video.encode import write_clip

HEADER = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE"
OPTIONS = ImportOptions(size=32, workers=1)
VIDEO = "--7E2sU6zP4-5-rgb_front"
RATE = 24


def row(
    sentence: str, start: object, end: object, text: str, video: str = "--7E2sU6zP4", tail: str = "5-rgb_front"
) -> str:
    return "\t".join(
        map(str, [video, f"{video}-{tail}", f"{video}_{sentence}", f"{video}_{sentence}-{tail}", start, end, text])
    )


ROWS = {
    "train": [
        row("10", 0.5, 1.5, "And I call them decorative elements."),
        row("11", 1.5, 2.0, "“Ça va?” she asked: 100% naïve — 你好 🙂"),
    ],
    "val": [row("0", 0.0, 1.0, "I call it painting the wall.", "-d5dN54tH2E", "11-rgb_front")],
    "test": [row("26", 0.25, 1.0, "And that ought to do it.", "10om04b2LIw", "8-rgb_front")],
}


def shades(count: int) -> Iterator[np.ndarray]:
    """Frame n has the grey value 4 n."""
    for n in range(count):
        yield np.full((36, 64, 3), 4 * n, np.uint8)


def write_table(release: Path, split: str, rows: list[str], header: str = HEADER) -> Path:
    folder = release / "sentence_level" / split / "text/en/raw_text/re_aligned"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"how2sign_realigned_{split}.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def write_video(release: Path, split: str, name: str, frames: int, level: str = "video_level") -> None:
    write_clip(release / level / split / "rgb_front/raw_videos" / f"{name}.mp4", shades(frames), RATE)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Two seconds of each whole video, as the release's script lays them out."""
    folder = tmp_path / "How2Sign"
    for split, rows in ROWS.items():
        write_table(folder, split, rows)
        write_video(folder, split, rows[0].split("\t")[1], 2 * RATE)
    return folder


def prepare(release: Path, options: ImportOptions = OPTIONS) -> Corpus:
    prepare_how2sign(release, release.parent / "corpus", options)
    return Corpus.open(release.parent / "corpus")


def refusal(release: Path) -> str:
    with pytest.raises(UserError) as told:
        prepare(release)
    assert not (release.parent / "corpus").exists()
    return str(told.value)


def first_grey(clip: ClipRow) -> float:
    return float(read_clip(clip.path, frame_rate=None, size=None).frames[0].mean())


def test_whole_videos_are_cut_into_the_realigned_sentences(release: Path) -> None:
    corpus = prepare(release)
    assert (corpus.splits, corpus.info.frame_rate, corpus.info.language) == (["train", "dev", "test"], RATE, "en")
    assert corpus.info.licence == "CC BY-NC 4.0"
    rows = [clip for split in corpus.splits for clip in corpus.rows(split)]
    assert [(clip.id, clip.signer, clip.num_frames) for clip in rows] == [
        ("--7E2sU6zP4_10-5-rgb_front", "5", 24),
        ("--7E2sU6zP4_11-5-rgb_front", "5", 12),
        ("-d5dN54tH2E_0-11-rgb_front", "11", 24),
        ("10om04b2LIw_26-8-rgb_front", "8", 18),
    ]
    assert rows[1].text == "“Ça va?” she asked: 100% naïve — 你好 🙂"
    assert rows[0].extra == {"video": VIDEO}
    assert [first_grey(clip) for clip in rows] == pytest.approx([4 * 12, 4 * 36, 0, 4 * 6], abs=2)


def test_clips_of_sentences_are_taken_whole_where_the_whole_videos_are_not_there(tmp_path: Path) -> None:
    release = tmp_path / "How2Sign"
    for split, rows in ROWS.items():
        write_table(release, split, rows)
        for number, line in enumerate(rows):
            write_video(release, split, line.split("\t")[3], 10 + number, "sentence_level")
    corpus = prepare(release)
    assert [clip.num_frames for clip in corpus.rows("train")] == [10, 11]


def test_whole_videos_go_before_clips_which_were_cut_by_the_old_times(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_video(release, "train", "--7E2sU6zP4_10-5-rgb_front", 7, "sentence_level")
    corpus = prepare(release)
    assert corpus.rows("train")[0].num_frames == 24
    assert "4 sentences are cut from full videos, 0 have clips of their own" in capsys.readouterr().err


def test_a_second_run_does_nothing_wherever_the_release_lies(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(release)
    moved = release.rename(release.with_name("moved"))
    capsys.readouterr()
    prepare(moved)
    assert "already complete" in capsys.readouterr().err


def test_an_end_beyond_the_video_is_clipped_and_listed_but_not_rounding(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(release, "test", [row("26", 1.5, 3.01, "Do it.", "10om04b2LIw", "8-rgb_front")])
    write_table(release, "val", [row("0", 0.0, 2.01, "The wall.", "-d5dN54tH2E", "11-rgb_front")])
    corpus = prepare(release)
    assert corpus.rows("test")[0].num_frames == 12
    told = " ".join(capsys.readouterr().err.split())
    assert "shortened: 10om04b2LIw_26-8-rgb_front (how2sign_realigned_test.csv:2) from 3.01 s to 2.00 s" in told
    assert told.count("shortened:") == 1


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (142.64, 143.67, "starts at 142.64 s, after its video's end (2.00 s)"),
        (1.99, 3, "starts at 1.99 s, after its video's end (2.00 s)"),
        (1.5, 1.5, "invalid times, 1.5 s to 1.5 s"),
        (1.5, 0.5, "invalid times, 1.5 s to 0.5 s"),
        (-1, 0.5, "invalid times, -1 s to 0.5 s"),
        ("soon", 0.5, "invalid times, nan s to 0.5 s"),
        (0.5, "inf", "invalid times, 0.5 s to inf s"),
    ],
)
def test_a_sentence_without_a_place_in_its_video_is_missing(
    release: Path, start: object, end: object, reason: str
) -> None:
    write_table(release, "train", [*ROWS["train"], row("27", start, end, "Ugly old fly.")])
    told = refusal(release)
    assert f"--7E2sU6zP4_27-5-rgb_front (how2sign_realigned_train.csv:4): {reason}" in told
    corpus = prepare(release, ImportOptions(size=32, workers=1, allow_missing=True))
    assert len(corpus.rows("train")) == 2


def test_a_sentence_may_be_the_last_frame(release: Path) -> None:
    write_table(release, "train", [row("27", 1.958, 3, "So there you go.")])
    (clip,) = prepare(release).rows("train")
    assert (clip.num_frames, first_grey(clip)) == (1, pytest.approx(4 * 47, abs=2))


def test_missing_and_unreadable_videos_are_named_and_may_be_left_out(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (release / "video_level/test/rgb_front/raw_videos/10om04b2LIw-8-rgb_front.mp4").write_bytes(b"no video")
    write_table(release, "train", [*ROWS["train"], row("1", 0, 1, "Gone.", "fzrJBu2qsM8")])
    told = refusal(release)
    assert "neither fzrJBu2qsM8-5-rgb_front.mp4 nor fzrJBu2qsM8_1-5-rgb_front.mp4 found" in told
    assert "10om04b2LIw-8-rgb_front.mp4: damaged" in told
    corpus = prepare(release, ImportOptions(size=32, workers=1, allow_missing=True))
    assert corpus.splits == ["train", "dev"]
    assert "train: 3 clips listed; the published release has 31,165" in " ".join(capsys.readouterr().err.split())


def test_rows_without_text_are_left_out_and_empty_lines_are_nothing(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(release, "train", [ROWS["train"][0], "", "\t\t\t\t\t\t", row("12", 1, 2, "  ")])
    assert [clip.id for clip in prepare(release).rows("train")] == ["--7E2sU6zP4_10-5-rgb_front"]
    assert "left out, no text: 1 clip: --7E2sU6zP4_12-5-rgb_front" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('He said "no" twice.', 'He said "no" twice.'),
        ('"One, two, three."', '"One, two, three."'),
        ('"He said ""no"" twice."', 'He said "no" twice.'),
        ('"', '"'),
        ('An "open quote', 'An "open quote'),
        ("=1+1, he says", "=1+1, he says"),
        ("two  blanks\u2028and a line", "two blanks and a line"),
    ],
)
def test_quotes_and_odd_characters_stay_in_their_sentence(release: Path, cell: str, text: str) -> None:
    write_table(release, "train", [row("10", 0.5, 1.5, cell), ROWS["train"][1]])
    assert [clip.text for clip in prepare(release).rows("train")] == [text, "“Ça va?” she asked: 100% naïve — 你好 🙂"]


def test_windows_lines_and_a_byte_order_mark_are_read_as_they_are_meant(release: Path) -> None:
    path = write_table(release, "train", ROWS["train"])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(prepare(release).rows("train")) == 2


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        (HEADER.replace("\t", ","), [], "train.csv:1: no column VIDEO_NAME.* tabs must separate the cells"),
        (HEADER.replace("_REALIGNED", ""), [], "train.csv:1: no column START_REALIGNED, .* not realigned"),
        (HEADER, [ROWS["train"][0] + "\tmore"], "train.csv:2: 8 cells, but the header has 7"),
        (HEADER, [row("../../1", 0, 1, "x")], "train.csv:2: SENTENCE_NAME .* cannot name a file"),
        (HEADER, [row("1", 0, 1, "x" * 20_000)], "SENTENCE has 20,000 characters"),
        (HEADER, [row("1", 0, 1, "a\0b")], "contains a NUL"),
        (HEADER, ROWS["train"] * 2, "already listed in how2sign_realigned_train.csv:2"),
    ],
)
def test_damaged_tables_are_refused(release: Path, header: str, rows: list[str], message: str) -> None:
    write_table(release, "train", rows, header)
    with pytest.raises(UserError, match=message):
        prepare(release)
    assert [path.name for path in release.parent.iterdir()] == ["How2Sign"]


def test_a_table_that_is_no_text_is_refused(release: Path) -> None:
    write_table(release, "train", []).write_bytes(b"\xff\xfe\x00")
    assert "how2sign_realigned_train.csv: not UTF-8 text" in refusal(release)


def test_absent_tables_are_told_and_may_be_left_out(release: Path, tmp_path: Path) -> None:
    (release / "sentence_level/train/text/en/raw_text/re_aligned/how2sign_realigned_train.csv").unlink()
    assert "how2sign_realigned_train.csv: missing" in refusal(release)
    assert prepare(release, ImportOptions(size=32, workers=1, allow_missing=True)).splits == ["dev", "test"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="3 problems"):
        prepare_how2sign(tmp_path / "empty", tmp_path / "other", OPTIONS)
    with pytest.raises(UserError, match="no such folder"):
        prepare_how2sign(tmp_path / "none", tmp_path / "other", OPTIONS)


def test_files_of_one_name_in_two_places_are_told_but_drawn_keypoints_are_none(release: Path) -> None:
    write_clip(
        release / "sentence_level/train/rgb_front/features/openpose_output/video" / f"{VIDEO}.mp4", shades(3), RATE
    )
    prepare(release)
    write_clip(release / "copies" / f"{VIDEO}.mp4", shades(3), RATE)
    with pytest.raises(UserError, match=r"--7E2sU6zP4-5-rgb_front.mp4 is in .* and .*; delete all but one"):
        prepare(release)


def test_a_link_that_leaves_the_release_is_not_followed(release: Path, tmp_path: Path) -> None:
    write_clip(tmp_path / "private.mp4", shades(10), RATE)
    place = release / "video_level/train/rgb_front/raw_videos" / f"{VIDEO}.mp4"
    place.unlink()
    place.symlink_to(tmp_path / "private.mp4")
    assert "is or contains a link that leaves" in refusal(release)
