"""RWTH-PHOENIX-Weather 2014 T with the real tables: from folders and from the archive, to the same bytes."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kills import contents
from releases import FRAMES, ROOT, packed, phoenix14t, png

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.importers.phoenix14t import prepare_phoenix14t
from sign2gpt.data.importers.release import ImportOptions
from sign2gpt.video.decode import read_clip

OPTIONS = ImportOptions(size=64, allow_missing=True, workers=1)
FIRST = "11August_2010_Wednesday_tagesschau-1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    return phoenix14t(tmp_path_factory.mktemp("made"), shared)


@pytest.fixture
def release(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of one's own to damage."""
    monkeypatch.setenv("SIGN2GPT_CACHE", str(tmp_path / "cache"))
    return shutil.copytree(made, tmp_path / "release")


def refusal(release: Path, options: ImportOptions = OPTIONS) -> str:
    corpus = release.parent / "refused"
    with pytest.raises(UserError) as told:
        prepare_phoenix14t(release, corpus, options)
    assert not list(release.parent.glob("*refused*"))
    return str(told.value)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_texts_glosses_signers_and_frames_become_a_corpus(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_phoenix14t(release, tmp_path / "corpus", OPTIONS)
    told = said(capsys)
    for expected in (
        "train: 7,096 clips listed dev: 519 clips listed test: 642 clips listed",
        "video missing: 8,251 clips",
    ):
        assert expected in told
    corpus = Corpus.open(tmp_path / "corpus")
    assert (corpus.info.frame_rate, corpus.info.language, corpus.splits) == (25, "de", ["train", "dev", "test"])
    row = corpus.rows("train")[0]
    assert (row.id, row.signer, row.num_frames) == (FIRST, "Signer08", 30)
    assert row.text == "und nun die wettervorhersage für morgen donnerstag den zwölften august"
    assert row.glosses == "JETZT WETTER MORGEN DONNERSTAG ZWOELF FEBRUAR"
    frames = read_clip(row.path, frame_rate=None, size=None).frames
    assert frames.shape == (30, 64, 64, 3)
    blue = frames[4, :, 20].astype(int)  # the fifth image: its square is at rows 20 to 80 of 260
    rows = np.flatnonzero(blue[:, 2] - blue[:, 0] > 60)
    assert (rows.min(), rows.max()) == pytest.approx((5, 19), abs=1)


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar"])
def test_an_archive_gives_the_bytes_that_its_folder_gives(release: Path, tmp_path: Path, suffix: str) -> None:
    archive = packed(release, tmp_path / f"release{suffix}")
    prepare_phoenix14t(release, tmp_path / "tree", OPTIONS)
    prepare_phoenix14t(archive, tmp_path / "archive", replace(OPTIONS, workers=2))
    assert contents(tmp_path / "archive") == contents(tmp_path / "tree")


@pytest.mark.parametrize("packing", [False, True], ids=["folder", "archive"])
def test_the_complex_annotation_replaces_the_glosses_of_train_alone(
    release: Path, tmp_path: Path, packing: bool
) -> None:
    source = packed(release, tmp_path / "release.tar") if packing else release
    prepare_phoenix14t(source, tmp_path / "plain", OPTIONS)
    prepare_phoenix14t(source, tmp_path / "complex", OPTIONS, "complex")
    plain, finer = (Corpus.open(tmp_path / name) for name in ("plain", "complex"))
    assert [row.glosses for row in finer.rows("train")] == [
        "__ON__ JETZT WETTER MORGEN DONNERSTAG ZWOELF FEBRUAR __OFF__",
        "ORT-PLUSPLUS REGEN DURCH REGEN-PLUSPLUS KOENNEN UEBERSCHWEMMUNG UEBERSCHWEMMUNG KOENNEN __OFF__",
    ]
    assert [row.text for row in finer.rows("train")] == [row.text for row in plain.rows("train")]
    for split in ("dev", "test"):
        assert [row.glosses for row in finer.rows(split)] == [row.glosses for row in plain.rows(split)]
    with pytest.raises(UserError, match="plain already exists"):
        prepare_phoenix14t(source, tmp_path / "plain", OPTIONS, "complex")


def test_a_release_without_the_complex_table_is_told_which_one_is_missing(release: Path, tmp_path: Path) -> None:
    name = "PHOENIX-2014-T.train-complex-annotation.corpus.csv"
    (release / ROOT / "annotations" / "manual" / name).unlink()
    with pytest.raises(UserError, match=f"{name} is missing"):
        prepare_phoenix14t(release, tmp_path / "corpus", OPTIONS, "complex")
    prepare_phoenix14t(release, tmp_path / "corpus", OPTIONS)


def test_a_second_run_does_nothing_even_from_an_archive(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = packed(release, tmp_path / "release.tar.gz")
    prepare_phoenix14t(archive, tmp_path / "corpus", OPTIONS)
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "corpus").rglob("*")}
    capsys.readouterr()
    prepare_phoenix14t(archive, tmp_path / "corpus", OPTIONS)
    prepare_phoenix14t(release / ROOT, tmp_path / "corpus", OPTIONS)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "corpus").rglob("*")} == times
    told = said(capsys)
    assert told.count("is already complete") == 2
    assert "writing clips" not in told
    assert "reading" not in told


def test_clips_that_are_not_there_are_an_error_unless_allowed(release: Path, tmp_path: Path) -> None:
    told = refusal(release, replace(OPTIONS, allow_missing=False))
    assert "8,251 clips: " in told
    assert "(PHOENIX-2014-T.train.corpus.csv:4)" in told
    assert "--allow-missing" in told
    archive = packed(release, tmp_path / "release.tar")
    assert "8,251 clips: " in refusal(archive, replace(OPTIONS, allow_missing=False))


@pytest.mark.parametrize("packing", [False, True], ids=["folder", "archive"])
def test_a_clip_that_lacks_an_image_is_left_out_by_its_name(
    release: Path, tmp_path: Path, packing: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (release / ROOT / FRAMES / "train" / FIRST / "images0007.png").unlink()
    source = packed(release, tmp_path / "release.tar") if packing else release
    prepare_phoenix14t(source, tmp_path / "corpus", OPTIONS)
    assert "images0007.png is missing" in said(capsys)
    assert [row.id for row in Corpus.open(tmp_path / "corpus").rows("train")] == [
        "11August_2010_Wednesday_tagesschau-4"
    ]


@pytest.mark.parametrize("packing", [False, True], ids=["folder", "archive"])
@pytest.mark.parametrize("content", [b"", b"\x89PNG", png(1)[:1000], b"\xff\xd8 no PNG" * 100])
def test_damaged_images_are_named_and_the_other_clips_are_kept(
    release: Path, shared: Path, tmp_path: Path, packing: bool, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    few = phoenix14t(tmp_path / "few", shared, list_all=False)
    image = few / ROOT / FRAMES / "train" / FIRST / "images0007.png"
    whole = image.read_bytes()
    image.write_bytes(content)
    source = packed(few, tmp_path / "few.tar") if packing else few
    with pytest.raises(UserError, match=rf"train/{FIRST}: .*images0007\.png: .*5 others|5 others.*images0007\.png: "):
        prepare_phoenix14t(source, tmp_path / "corpus", replace(OPTIONS, allow_missing=False))
    prepare_phoenix14t(source, tmp_path / "lacking", OPTIONS)
    assert f"left out: train/{FIRST}: " in said(capsys)
    assert len(Corpus.open(tmp_path / "lacking").rows("train")) == 1
    image.write_bytes(whole)
    prepare_phoenix14t(few, tmp_path / "corpus", OPTIONS)
    assert len(Corpus.open(tmp_path / "corpus").rows("train")) == 2


TABLE = "PHOENIX-2014-T.dev.corpus.csv"
HEADER = "name|video|start|end|speaker|orth|translation"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"", f"{TABLE}:1: the columns must be name|video"),
        (b"name,video,start,end,speaker,orth,translation\n", f"{TABLE}:1: the columns"),
        (f"{HEADER}\na|a|-1|-1|S|EINS\n".encode(), f"{TABLE}:2: 6 cells separated by |"),
        (f"{HEADER}\na|a|-1|-1|S|EINS|ja|nein\n".encode(), f"{TABLE}:2: 8 cells separated by |"),
        (f"{HEADER}\n../a|a|-1|-1|S|EINS|ja\n".encode(), f"{TABLE}:2: id '../a' cannot name a file"),
        (f"{HEADER}\n/etc|a|-1|-1|S|EINS|ja\n".encode(), f"{TABLE}:2: id '/etc' cannot name a file"),
        (f"{HEADER}\n{FIRST}|a|-1|-1|S|EINS|ja\n".encode(), f"{FIRST} is already listed in PHOENIX-2014-T.train"),
        (f"{HEADER}\na|a|-1|-1|S|EINS|j\0a\n".encode(), "the text of a contains a NUL"),
        (HEADER.encode() + b"\na|a|-1|-1|S|EINS|\xff\n", "not UTF-8"),
        (None, f"{TABLE} is missing"),
    ],
)
def test_a_table_that_is_not_the_releases_is_refused_with_its_line(
    release: Path, table: bytes | None, message: str
) -> None:
    path = release / ROOT / "annotations" / "manual" / TABLE
    path.unlink() if table is None else path.write_bytes(table)
    assert message in refusal(release)


def test_rows_without_text_are_left_out_and_windows_lines_and_quotes_are_read(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = release / ROOT / "annotations" / "manual" / TABLE
    first, second = (line.split("|")[0] for line in path.read_text().splitlines()[1:3])
    rows = (f"{first}|x|-1|-1|S|EINS|", f'{second}|x|-1|-1|S||er sagt "ja", grüßt')
    path.write_bytes("\r\n".join(("\ufeff" + HEADER, *rows, "")).encode())
    prepare_phoenix14t(release, tmp_path / "corpus", OPTIONS)
    (row,) = Corpus.open(tmp_path / "corpus").rows("dev")
    assert (row.text, row.glosses) == ('er sagt "ja", grüßt', None)
    told = said(capsys)
    assert f"no text: 1 clip: {first} ({TABLE}:2)" in told
    assert "dev: 2 clips listed; the published release has 519" in told


def test_links_that_leave_the_release_are_not_followed(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outside = release.parent / "outside"
    outside.mkdir()
    (outside / "images0001.png").write_bytes(png(1))
    clips = release / ROOT / FRAMES
    shutil.rmtree(clips / "train" / FIRST)
    (clips / "train" / FIRST).symlink_to(outside)
    (image,) = clips.glob("dev/*-2/images0001.png")
    image.unlink()
    image.symlink_to(outside / "images0001.png")
    prepare_phoenix14t(release, release.parent / "corpus", OPTIONS)
    assert "is a link that leaves" in said(capsys)
    corpus = Corpus.open(release.parent / "corpus")
    assert [len(corpus.rows(split)) for split in corpus.splits] == [1, 1, 2]
    table = release / ROOT / "annotations" / "manual" / TABLE
    shutil.move(table, outside / TABLE)
    table.symlink_to(outside / TABLE)
    assert "link that leaves" in refusal(release)


@pytest.mark.parametrize("name", ["nowhere", "text.txt", "empty"])
def test_what_is_no_release_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("hello")
    assert "RWTH-PHOENIX-Weather 2014 T" in refusal(tmp_path / name)


def test_an_archive_that_changed_behind_its_stamp_leaves_no_corpus(release: Path, tmp_path: Path) -> None:
    archive = packed(release, tmp_path / "release.tar")
    prepare_phoenix14t(archive, tmp_path / "first", OPTIONS)
    stamp, whole = archive.stat(), archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    os.utime(archive, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    with pytest.raises(UserError, match=r"missing from the archive|damaged"):
        prepare_phoenix14t(archive, tmp_path / "second", replace(OPTIONS, workers=2))
    assert not (tmp_path / "second").exists()
