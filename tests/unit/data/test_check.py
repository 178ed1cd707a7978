"""What `check` finds in a corpus that is whole, and in one that is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sign2gpt.data.check import check_corpus
from sign2gpt.data.corpus import CorpusInfo
from sign2gpt.data.writer import ClipSource, write_corpus
from sign2gpt.video.encode import write_clip


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    info = CorpusInfo(name="tiny", language="de", frame_rate=25, size=32, licence="CC0")
    sources = [
        ClipSource(split, f"{split}{n}", "wort " * (n + 1), Grey(10 * (n + 1)), signer)
        for split, signer in (("train", "Anna"), ("test", "Ben"))
        for n in range(3)
    ]
    write_corpus(tmp_path / "corpus", info, sources, workers=1)
    return tmp_path / "corpus"


class Grey:
    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self) -> list[np.ndarray]:
        return [np.full((32, 32, 3), 99, np.uint8)] * self.count


def test_a_whole_corpus_has_no_problems_and_its_numbers_add_up(corpus: Path) -> None:
    report = check_corpus(corpus, workers=1)
    assert report.problems == []
    train = report.splits["train"]
    assert (train.clips, train.signers, train.texts, train.vocabulary) == (3, {"Anna": 3}, 3, 1)
    assert train.hours == pytest.approx(60 / 25 / 3600)
    assert train.seconds.quantiles["median"] == pytest.approx(0.8)
    assert train.words.mean == 2
    assert sum(train.words.histogram) == 3


def test_everything_that_is_wrong_is_found(corpus: Path) -> None:
    (corpus / "train" / "train0.mp4").unlink()
    (corpus / "train" / "train1.mp4").write_bytes(b"no video")
    write_clip(corpus / "train" / "train2.mp4", Grey(29)(), 25)
    write_clip(corpus / "train" / "stranger.mp4", Grey(3)(), 25)
    write_clip(corpus / "test" / "test1.mp4", [np.zeros((64, 64, 3), np.uint8)] * 20, 25)
    table = corpus / "test" / "metadata.csv"
    table.write_text(table.read_text().replace("test0.mp4,wort ", "test0.mp4, "))
    told = "\n".join(check_corpus(corpus, workers=1).problems)
    for expected in (
        "train0.mp4: no such video",
        "train1.mp4: ",
        "train2.mp4: 29 frames, but metadata.csv lists 30",
        "stranger.mp4: not listed",
        "test1.mp4: 64x64 pixels, but the corpus has 32x32",
        "test/test0: its text is empty",
    ):
        assert expected in told
    assert len(told.splitlines()) == 6


def test_a_broken_table_does_not_hide_the_other_split(corpus: Path) -> None:
    (corpus / "train" / "metadata.csv").write_text("file_name\n")
    report = check_corpus(corpus, workers=1)
    assert list(report.splits) == ["test"]
    assert len(report.problems) == 1
