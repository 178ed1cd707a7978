"""CSL-Daily from a release in its own layout, with its real labels; what a copy lacks is named."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from csl_release import LABELLED_ONLY, LISTED_ONLY, Signed, annotated, jpeg, write_release

from sign2gpt.cli.prepare import csl_daily
from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.importers.csl_daily import KNOWN, prepare_csl_daily
from sign2gpt.data.importers.release import ImportOptions
from sign2gpt.video.decode import read_clip

OPTIONS = ImportOptions(size=64, workers=1)
FEW = [
    Signed("S000000_P0000_T00", "train", ["你们", "好"], "你们好！", 9),
    Signed("S000022_P0004_T00", "train", ["他", "今天", "年龄", "50"], "他今年50岁。", 6),
    Signed("S000101_P0001_T00", "dev", ["好"], "好。", 6),
    Signed("S000102_P0002_T00", "test", ["谢谢"], "谢谢！", 6),
]
FIRST = Path("sentence/frames_512x512") / FEW[0].name


@pytest.fixture
def release(tmp_path: Path) -> Path:
    write_release(tmp_path / "release", FEW, [clip.name for clip in FEW])
    return tmp_path / "release"


def prepare(release: Path, options: ImportOptions = OPTIONS) -> Corpus:
    prepare_csl_daily(release, release.parent / "corpus", options)
    return Corpus.open(release.parent / "corpus")


def refusal(release: Path) -> str:
    with pytest.raises(UserError) as told:
        prepare(release)
    assert [path.name for path in release.parent.iterdir()] == ["release"]
    return str(told.value)


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_the_whole_release_with_its_real_labels(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = annotated(shared)
    shortest = {
        split: sorted((c for c in clips if c.split == split), key=lambda c: c.num_frames)[:2] for split in KNOWN
    }
    drawn = {clip.name: clip for some in shortest.values() for clip in some}
    write_release(tmp_path / "release", clips, drawn)
    options = ImportOptions(size=64, workers=1, allow_missing=True)
    corpus = prepare(tmp_path / "release", options)
    message = told(capsys)
    for split, count in KNOWN.items():
        assert f"{split}: {count:,} clips listed " in message
        rows = [(row.id, row.text, row.glosses, row.signer, row.num_frames) for row in corpus.rows(split)]
        expected = [c for c in clips if c.name in drawn and c.split == split]
        assert rows == [(c.name, c.text, " ".join(c.glosses), c.name[8:13], c.num_frames) for c in expected]
    assert "the published release" not in message
    assert f"left out, video missing: {sum(KNOWN.values()) - len(drawn):,} clips" in message
    assert f"a known error in the release): {LISTED_ONLY}" in message
    before = {path: path.stat().st_mtime_ns for path in corpus.folder.rglob("*")}
    prepare(tmp_path / "release", options)
    assert "already complete" in told(capsys)
    assert before == {path: path.stat().st_mtime_ns for path in corpus.folder.rglob("*")}


def test_frames_labels_and_signers(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csl_daily(release, release.parent / "corpus", size=64, workers=1)
    output = capsys.readouterr()
    assert output.out.strip() == str(release.parent / "corpus")
    assert f"not listed in sentence_label/split_1.txt: {LABELLED_ONLY}" in " ".join(output.err.split())
    corpus = Corpus.open(release.parent / "corpus")
    assert (corpus.info.language, corpus.info.frame_rate, corpus.info.size) == ("zh", 30, 64)
    row = corpus.rows("train")[1]
    assert (row.text, row.glosses, row.signer) == ("他今年50岁。", "他 今天 年龄 50", "P0004")
    clip = read_clip(corpus.rows("train")[0].path, frame_rate=None, size=None)
    levels = clip.frames.mean((1, 2, 3))
    assert clip.frame_rate == 30
    assert levels == pytest.approx([0, 0, 0, 12, 12, 12, 24, 24, 24], abs=3)


def test_a_missing_clip_is_named_and_may_be_left_out(release: Path) -> None:
    (release / FIRST).rename(release / "elsewhere")
    assert f"{FEW[0].name} (sentence_label/split_1.txt:3): no folder {release / FIRST}" in refusal(release)
    corpus = prepare(release, ImportOptions(size=64, workers=1, allow_missing=True))
    assert [row.id for row in corpus.rows("train")] == [FEW[1].name]


@pytest.mark.parametrize("number", [0, 4, 8])
def test_a_missing_frame_is_named(release: Path, number: int) -> None:
    (release / FIRST / f"{number:06}.jpg").unlink()
    lacks = "1 of 9 images missing, such as 000004.jpg" if number == 4 else "1 of 9 images missing"
    assert lacks in refusal(release)


def test_links_that_leave_the_release_are_not_followed(release: Path) -> None:
    outside = release.parent / "release" / "outside.jpg"
    outside.write_bytes(jpeg(200))
    (release / FIRST / "000003.jpg").unlink()
    (release / FIRST / "000003.jpg").symlink_to(outside)
    assert "000003.jpg is a link that leaves" in refusal(release)


def test_a_damaged_image_is_named_with_its_clip(release: Path) -> None:
    (release / FIRST / "000003.jpg").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"000003\.jpg"):
        prepare(release)


def test_a_listed_clip_without_a_label_is_left_out_and_named(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (release / "sentence_label/split_1.txt").open("a") as file:
        file.write("S000200_P0000_T00|train\n")
    assert len(prepare(release).rows("train")) == 2
    assert "left out, no text: 1 clip: S000200_P0000_T00" in told(capsys)


def test_every_wrong_line_of_the_splits_is_told(release: Path) -> None:
    path = release / "sentence_label/split_1.txt"
    path.write_text("name,split\nS000000_P0000_T00|train\n../../etc/passwd|train\nS000101_P0001_T00|val\n")
    message = refusal(release)
    for expected in ("line 1: 'name,split'", "line 3: '../../etc/passwd|train'", "line 4: 'S000101_P0001_T00|val'"):
        assert expected in message


def test_a_clip_listed_twice_is_told_with_both_places(release: Path) -> None:
    with (release / "sentence_label/split_1.txt").open("a") as file:
        file.write(f"{FEW[0].name}|test\n")
    assert "split_1.txt:7: S000000_P0000_T00 is already listed in sentence_label/split_1.txt:3" in refusal(release)


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise SystemExit('the labels were run')",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Trap(), "refused, it contains"),
        ({"info": [Trap()]}, "refused, it contains"),
        ([1, 2], "no list 'info'"),
        ({"info": [{"name": "S000000_P0000_T00"}]}, "info[0]: must have name, length, label_gloss and label_char"),
        ({"info": [{"name": FEW[0].name, "length": 10**12, "label_gloss": [], "label_char": []}]}, "info[0]"),
        ({"info": [{"name": "../a", "length": 9, "label_gloss": [], "label_char": []}]}, "info[0]"),
        ({"info": [None] * 1000}, "1000 problems"),
    ],
)
def test_labels_that_are_not_the_releases_are_refused(release: Path, content: object, message: str) -> None:
    (release / "sentence_label/csl2020ct_v2.pkl").write_bytes(pickle.dumps(content))
    assert message in refusal(release)


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"csl2020ct_v2\.pkl: no such file; name the folder"):
        prepare_csl_daily(tmp_path, tmp_path / "corpus", OPTIONS)
