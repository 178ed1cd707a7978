"""Writing a corpus: whole or absent, the same bytes again, and what was done before is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kills import contents

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.writer import ClipSource, write_corpus
from sign2gpt.video.decode import read_clip

INFO = CorpusInfo(name="tiny", language="de", frame_rate=25, size=32, licence="CC0")


def moving(number: int, drawn: list[int] | None = None) -> Callable[[], Iterator[np.ndarray]]:
    """A square that wanders; ``drawn`` notes who was asked."""

    def frames() -> Iterator[np.ndarray]:
        if drawn is not None:
            drawn.append(number)
        for step in range(5 + number):
            frame = np.full((32, 32, 3), 200, np.uint8)
            frame[number : number + 8, step : step + 8] = (20, 90, 160)
            yield frame

    return frames


def sources(count: int = 3, drawn: list[int] | None = None) -> list[ClipSource]:
    return [
        ClipSource(
            split, f"{split}{n}", f'satz, "{n}"', moving(n, drawn), "S1", "EINS" if n else None, {"note": str(n)}
        )
        for split in ("train", "test")
        for n in range(count)
    ]


def broken() -> Iterator[np.ndarray]:
    yield np.zeros((32, 32, 3), np.uint8)
    raise UserError("video.mp4: damaged at 0.04 s")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", INFO, sources(), workers=1)
    corpus = Corpus.open(tmp_path / "corpus")
    rows = corpus.rows("train")
    assert [row.text for row in rows] == ['satz, "0"', 'satz, "1"', 'satz, "2"']
    assert [(row.signer, row.glosses, row.num_frames, row.extra) for row in rows][:2] == [
        ("S1", None, 5, {"note": "0"}),
        ("S1", "EINS", 6, {"note": "1"}),
    ]
    clip = read_clip(rows[2].path, frame_rate=None, size=None)
    assert clip.frames.shape == (7, 32, 32, 3)
    expected = np.stack(list(moving(2)()))
    assert np.abs(clip.frames.astype(int) - expected).mean() < 6
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_the_same_sources_give_the_same_bytes_in_any_number_of_workers(tmp_path: Path) -> None:
    write_corpus(tmp_path / "a", INFO, sources(), workers=1)
    write_corpus(tmp_path / "b", INFO, iter(sources()), workers=1)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_complete_corpus_is_left_alone_and_another_is_never_replaced(tmp_path: Path) -> None:
    drawn: list[int] = []
    write_corpus(tmp_path / "corpus", INFO, sources(drawn=drawn), workers=1)
    before = len(drawn)
    write_corpus(tmp_path / "corpus", INFO, sources(drawn=drawn), workers=1)
    assert len(drawn) == before
    with pytest.raises(UserError, match="already exists with other clips or texts"):
        write_corpus(tmp_path / "corpus", INFO, sources(count=2), workers=1)
    with pytest.raises(UserError, match=r"other settings: frame_rate 25\.0, not 30\.0"):
        write_corpus(tmp_path / "corpus", INFO.model_copy(update={"frame_rate": 30.0}), sources(), workers=1)


def test_a_folder_of_other_things_is_refused_and_an_empty_one_is_taken(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years")
    with pytest.raises(UserError, match="already exists and is not a corpus"):
        write_corpus(tmp_path / "full", INFO, sources(), workers=1)
    (tmp_path / "empty").mkdir()
    write_corpus(tmp_path / "empty", INFO, sources(), workers=1)
    assert Corpus.open(tmp_path / "empty").splits == ["train", "test"]


def test_unreadable_clips_are_told_together_and_the_others_are_kept(tmp_path: Path) -> None:
    drawn: list[int] = []
    fine = sources(drawn=drawn)
    bad = [
        replace(fine[0], frames=broken, made_from="bad"),
        *fine[1:5],
        replace(fine[5], frames=broken, made_from="bad"),
    ]
    with pytest.raises(UserError, match="2 problems") as told:
        write_corpus(tmp_path / "corpus", INFO, bad, workers=1)
    assert "train/train0: video.mp4: damaged" in str(told.value)
    assert not (tmp_path / "corpus").exists()
    assert len(drawn) == 4
    write_corpus(tmp_path / "corpus", INFO, fine, workers=1)
    assert len(drawn) == 6
    write_corpus(tmp_path / "other", INFO, fine, workers=1)
    assert contents(tmp_path / "corpus") == contents(tmp_path / "other")


def test_damaged_clips_may_be_left_out_for_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn: list[int] = []
    clips = [replace(sources()[0], frames=broken), *sources(drawn=drawn)[1:]]
    with pytest.raises(UserError, match=r"train/train0: video\.mp4: damaged"):
        write_corpus(tmp_path / "corpus", INFO, clips, workers=1)
    assert write_corpus(tmp_path / "corpus", INFO, clips, workers=1, allow_damaged=True)
    assert len(drawn) == 5
    assert "left out: train/train0: video.mp4: damaged at 0.04 s" in capsys.readouterr().err
    corpus = Corpus.open(tmp_path / "corpus")
    assert corpus.info.left_out == ["train/train0"]
    assert [row.id for row in corpus.rows("train")] == ["train1", "train2"]
    write_corpus(tmp_path / "at once", INFO, clips, workers=1, allow_damaged=True)
    assert contents(tmp_path / "corpus") == contents(tmp_path / "at once")
    assert not write_corpus(tmp_path / "corpus", INFO, clips, workers=1, allow_damaged=True)
    with pytest.raises(UserError, match="was made without 1 damaged clips, such as train/train0"):
        write_corpus(tmp_path / "corpus", INFO, clips, workers=1)


def test_where_nothing_could_be_read_nothing_stays(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="damaged"):
        write_corpus(tmp_path / "corpus", INFO, [replace(sources()[0], frames=broken)], workers=1, allow_damaged=True)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_clips_of_another_content_are_made_anew(tmp_path: Path) -> None:
    drawn: list[int] = []
    building = tmp_path / ".corpus.building" / "clips"
    building.mkdir(parents=True)
    (building / "0123456789abcdef-7.mp4").write_bytes(b"of another attempt")
    (building / ".x.partial.mp4").write_bytes(b"half a cl")
    write_corpus(tmp_path / "corpus", INFO, sources(drawn=drawn), workers=1)
    assert len(drawn) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_a_clip_that_was_damaged_between_two_attempts_is_made_anew(tmp_path: Path) -> None:
    write_corpus(tmp_path / "unharmed", INFO, sources(), workers=1)
    clips, drawn = sources(), list[int]()
    with pytest.raises(UserError, match="damaged"):
        write_corpus(tmp_path / "corpus", INFO, [replace(clips[0], frames=broken), *clips[1:]], workers=1)
    flipped, cut, *kept = sorted((tmp_path / ".corpus.building" / "clips").iterdir())
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    cut.write_bytes(cut.read_bytes()[:-1])
    write_corpus(tmp_path / "corpus", INFO, sources(drawn=drawn), workers=1)
    assert len(drawn) == 6 - len(kept)
    assert contents(tmp_path / "corpus") == contents(tmp_path / "unharmed")


def test_datasets_lists_it_as_a_video_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    write_corpus(tmp_path / "corpus", INFO, sources(), workers=1)
    found = datasets.load_dataset("videofolder", data_dir=str(tmp_path / "corpus"), cache_dir=str(tmp_path / "cache"))
    test = found["test"].cast_column("video", datasets.Video(decode=False))
    assert {"video", "text", "signer", "glosses", "num_frames", "note"} == set(test.column_names)
    assert test[1]["text"] == 'satz, "1"'
    assert Path(test[1]["video"]["path"]) == tmp_path / "corpus" / "test" / "test1.mp4"


@pytest.mark.parametrize("linked", ["", "clips", "corpus"])
def test_where_it_grows_is_no_link_to_other_files(tmp_path: Path, linked: str) -> None:
    building, precious = tmp_path / ".corpus.building", tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.tex").write_text("years")
    if linked:
        building.mkdir()
    (building / linked).symlink_to(precious)
    with pytest.raises(UserError, match="a link or no folder"):
        write_corpus(tmp_path / "corpus", INFO, sources(), workers=1)
    assert contents(precious) == {"thesis.tex": b"years"}


def test_only_clips_of_ours_go_from_where_it_grows(tmp_path: Path) -> None:
    clips = tmp_path / ".corpus.building" / "clips"
    clips.mkdir(parents=True)
    (clips / "thesis.tex").write_text("years")
    (clips / f"{'0' * 32}-5.mp4").write_bytes(b"of another recipe")
    with pytest.raises(UserError, match="damaged at"):
        write_corpus(
            tmp_path / "corpus", INFO, [*sources(1), replace(sources(1)[0], id="bad", frames=broken)], workers=1
        )
    assert (clips / "thesis.tex").read_text() == "years"
    assert not (clips / f"{'0' * 32}-5.mp4").exists()
