"""Annotations without video: every real row of two corpora, lengths from images or a table, what is wrong told."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from csl_release import annotated, write_release
from releases import ROOT, phoenix14t

from sign2gpt.common.errors import UserError
from sign2gpt.data.importers.annotations import ANNOTATED, read_annotations
from sign2gpt.data.importers.phoenix14t import CLIPS, FRAMES
from sign2gpt.signing.annotated import SPLITS
from sign2gpt.signing.language.lexicon import Lexicon
from sign2gpt.signing.language.phonology import PLACES
from sign2gpt.signing.language.transcription import transcribe

FIRST = "11August_2010_Wednesday_tagesschau-1"
LEXICON = Lexicon(0)


@pytest.fixture
def tables(shared: Path, tmp_path: Path) -> Path:
    """The real tables, to damage."""
    return shutil.copytree(shared / "corpora" / "PHOENIX-2014-T", tmp_path / "tables", copy_function=shutil.copyfile)


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as told:
        read_annotations(ANNOTATED["phoenix14t"], folder)
    return str(told.value)


def test_every_sentence_of_phoenix14t_can_be_signed(shared: Path) -> None:
    entries = read_annotations(ANNOTATED["phoenix14t"], shared / "corpora" / "PHOENIX-2014-T")
    assert Counter(entry.split for entry in entries) == CLIPS
    for split, total in FRAMES.items():
        assert sum(entry.num_frames for entry in entries if entry.split == split) == total
    signs = [mark.sign for entry in entries for mark in transcribe(entry.glosses or "", "phoenix14t", LEXICON)]
    assert len(signs) > 60_000
    assert {sign.place for sign in signs} <= PLACES.keys()
    assert all(transcribe(entry.glosses or "", "phoenix14t", LEXICON) for entry in entries)


def test_every_sentence_of_csl_daily_can_be_signed(shared: Path, tmp_path: Path) -> None:
    listed = annotated(shared)
    write_release(tmp_path / "release", listed, [])
    entries = read_annotations(ANNOTATED["csl_daily"], tmp_path / "release")
    assert [(entry.id, entry.text, entry.num_frames) for entry in entries] == [
        (clip.name, clip.text, clip.num_frames) for clip in listed
    ]
    assert {entry.split for entry in entries} == set(SPLITS)
    assert all(transcribe(entry.glosses or "", "csl_daily", LEXICON) for entry in entries)
    assert ANNOTATED["csl_daily"].frame_rate == 30


def test_lengths_come_from_the_releases_images_where_they_are_there(shared: Path, tmp_path: Path) -> None:
    release = phoenix14t(tmp_path / "made", shared, clips=1, most_frames=5)
    told = {entry.id: entry.num_frames for entry in read_annotations(ANNOTATED["phoenix14t"], release)}
    assert told[FIRST] == 5
    assert sorted(told.values())[:-3] == [0] * (sum(CLIPS.values()) - 3)


def test_the_folder_of_a_releases_tables_does_as_well(shared: Path, tmp_path: Path) -> None:
    release = phoenix14t(tmp_path / "made", shared, clips=0, list_all=True)
    inner = release / ROOT / "annotations" / "manual"
    assert read_annotations(ANNOTATED["phoenix14t"], inner) == read_annotations(ANNOTATED["phoenix14t"], release)


def test_a_missing_table_is_named(tables: Path) -> None:
    (tables / "PHOENIX-2014-T.dev.corpus.csv").unlink()
    assert "PHOENIX-2014-T.dev.corpus.csv is missing" in refusal(tables)


def test_a_clip_twice_is_named(tables: Path) -> None:
    table = tables / "PHOENIX-2014-T.dev.corpus.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    assert f"{lines[1].split('|')[0]} is already listed in" in refusal(tables)


@pytest.mark.parametrize("count", ["", "-3", "0", "many", "1" * 30, "٣", "000000001" + "1" * 5000, "00000000199999"])
def test_a_length_that_is_none_is_named(tables: Path, count: str) -> None:
    (tables / "frames.dev.tsv").write_text(f"name\tnum_frames\n{FIRST}\t{count}\n", encoding="utf-8")
    assert "frames.dev.tsv:2" in refusal(tables)


def test_a_table_of_lengths_with_other_columns_is_named(tables: Path) -> None:
    (tables / "frames.dev.tsv").write_text("clip,frames\n", encoding="utf-8")
    assert "frames.dev.tsv:1" in refusal(tables)


def test_no_release_is_a_mistake(tmp_path: Path) -> None:
    assert "not a folder" in refusal(tmp_path / "nowhere")
    assert "no folder annotations/manual" in refusal(tmp_path)
