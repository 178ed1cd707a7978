"""A release against what is known of it: every difference is named before a clip is written."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.importers.release import SHOWN, Entry, ImportOptions, import_release
from sign2gpt.data.writer import Frames

INFO = CorpusInfo(name="release", language="de", frame_rate=25, size=32, licence="research")
KNOWN = {"train": 3, "test": 1}
OPTIONS = ImportOptions(size=32, workers=1)


@dataclass(frozen=True)
class Grey:
    count: int

    def __call__(self) -> Iterator[np.ndarray]:
        yield from np.full((self.count, 32, 32, 3), 99, np.uint8)


def release() -> list[Entry]:
    clips = [("train", "a"), ("train", "b"), ("train", "c"), ("test", "d")]
    return [
        Entry(
            split, name, f"satz {name}", Grey(5 + n), "Anna", "EINS", where=f"{split}.csv:{n + 2}", extra={"n": str(n)}
        )
        for n, (split, name) in enumerate(clips)
    ]


def test_a_release_becomes_a_corpus_and_is_summed_up_and_a_second_run_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_release(tmp_path / "corpus", INFO, iter(release()), KNOWN, OPTIONS)
    rows = Corpus.open(tmp_path / "corpus").rows("train")
    assert [(row.id, row.text, row.num_frames, row.signer, row.glosses, row.extra) for row in rows] == [
        (name, f"satz {name}", 5 + n, "Anna", "EINS", {"n": str(n)}) for n, name in enumerate("abc")
    ]
    said = capsys.readouterr()
    assert said.out == ""
    assert "distribution" in said.err
    import_release(tmp_path / "corpus", INFO, release(), KNOWN, OPTIONS)
    said = capsys.readouterr().err
    assert "already complete" in said
    assert "writing clips" not in said


def test_other_counts_than_the_published_ones_and_rows_without_text_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = release()
    entries[1] = replace(entries[1], text=" ")
    import_release(tmp_path / "corpus", INFO, entries, {"train": 4, "dev": 2, "test": 1}, OPTIONS)
    said = " ".join(capsys.readouterr().err.split())
    assert "train: 3 clips listed; the published release has 4" in said
    assert "dev: 0 clips listed; the published release has 2" in said
    assert "test: 1 clips listed left out, no text: 1 clip: b (train.csv:3)" in said
    assert [row.id for row in Corpus.open(tmp_path / "corpus").rows("train")] == ["a", "c"]


def test_missing_videos_are_named_with_their_count_or_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = [Entry("train", f"x{n}", "satz", Grey(3), where=f"train.csv:{n}", missing="no folder") for n in range(30)]
    with pytest.raises(UserError, match=r"30 clips: x0 \(train\.csv:0\): no folder, .* and 20 more") as told:
        import_release(tmp_path / "corpus", INFO, release() + gone, KNOWN, OPTIONS)
    assert "--allow-missing" in str(told.value)
    assert list(tmp_path.iterdir()) == []
    import_release(tmp_path / "corpus", INFO, release() + gone, KNOWN, replace(OPTIONS, allow_missing=True))
    assert "left out, video missing: 30 clips: x0" in " ".join(capsys.readouterr().err.split())
    assert len(Corpus.open(tmp_path / "corpus").rows("train")) == 3
    with pytest.raises(UserError, match="no clip can be written"):
        import_release(tmp_path / "none", INFO, gone, KNOWN, replace(OPTIONS, allow_missing=True))


def test_ids_that_come_twice_or_name_no_file_and_nuls_are_refused_together(tmp_path: Path) -> None:
    bad = [
        replace(release()[3], where="test.csv:9"),
        Entry("test", "../e", "satz", Grey(3), where="test.csv:10"),
        Entry("test", "f", "sa\0tz", Grey(3), where="test.csv:11"),
    ]
    with pytest.raises(UserError, match="3 problems") as told:
        import_release(tmp_path / "corpus", INFO, release() + bad, KNOWN, OPTIONS)
    for expected in (
        "test.csv:9: d is already listed in test.csv:5",
        "test.csv:10: id '../e' cannot",
        "test.csv:11: the text of f contains a NUL",
    ):
        assert expected in str(told.value)
    many = [Entry("test", f".{n}", "satz", Grey(3)) for n in range(SHOWN + 5)]
    with pytest.raises(UserError, match="and 5 more"):
        import_release(tmp_path / "corpus", INFO, many, KNOWN, OPTIONS)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    huge = [replace(entry, num_frames=10**15) for entry in release()]
    with pytest.raises(UserError, match="GB needed"):
        import_release(tmp_path / "corpus", INFO, huge, KNOWN, OPTIONS)
    assert list(tmp_path.iterdir()) == []


def test_frames_of_an_archive_come_in_its_own_order(tmp_path: Path) -> None:
    asked: list[str] = []

    def stream(wanted: Set[str]) -> Iterator[tuple[str, Frames]]:
        asked.extend(sorted(wanted))
        yield from ((key, Grey(7)) for key in ("test/d", "train/c", "train/b", "train/a") if key in wanted)

    streamed = [replace(entry, frames=None) for entry in release()]
    import_release(tmp_path / "corpus", INFO, streamed, KNOWN, OPTIONS, stream)
    assert asked == ["test/d", "train/a", "train/b", "train/c"]
    rows = Corpus.open(tmp_path / "corpus").rows("train")
    assert [(row.id, row.num_frames) for row in rows] == [("a", 7), ("b", 7), ("c", 7)]
