"""The label files of GFSLT-VLP and its followers become a corpus; nothing in them is run, no path leaves the videos."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from csl_release import write_images

from sign2gpt.cli.prepare import gfslt
from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.video.encode import write_clip


def label(name: str, text: str, count: int, **others: Any) -> dict[str, Any]:
    images = [f"{name}/{number:06}.jpg" for number in range(count)]
    return {"name": name, "gloss": "", "text": text, "length": count, "imgs_path": images, **others}


def write(folder: Path, split: str, rows: Any, packed: bool = True) -> None:
    folder.mkdir(exist_ok=True)
    pickled = pickle.dumps(rows)
    (folder / f"labels.{split}").write_bytes(gzip.compress(pickled) if packed else pickled)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """As GFSLT-VLP has it: names and paths begin with the split, glosses are one string."""
    for split, number in (("train", 1), ("dev", 2), ("test", 3)):
        name = f"{split}/clip-{number}"
        write_images(tmp_path / "videos" / name, 5 + number)
        write(tmp_path / "labels", split, {name: label(name, f"satz {number} grüßt", 5 + number, gloss="SATZ GRUSS")})
    return tmp_path


def prepare(folder: Path, **options: Any) -> Corpus:
    gfslt(folder / "labels", folder / "videos", folder / "corpus", language="de", size=64, workers=1, **options)
    return Corpus.open(folder / "corpus")


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as told:
        prepare(folder)
    assert not (folder / "corpus").exists()
    return str(told.value)


def test_labels_and_images_become_a_corpus(made: Path) -> None:
    corpus = prepare(made)
    assert corpus.splits == ["train", "dev", "test"]
    (row,) = corpus.rows("dev")
    assert (row.id, row.text, row.glosses, row.num_frames) == ("clip-2", "satz 2 grüßt", "SATZ GRUSS", 7)
    assert (corpus.info.name, corpus.info.language, corpus.info.frame_rate) == ("labels", "de", 25)


def test_followers_have_lists_of_glosses_bare_pickles_and_videos(made: Path) -> None:
    grey = (np.full((48, 64, 3), 4 * n, np.uint8) for n in range(30))
    write_clip(made / "videos" / "a.mp4", grey, 30)
    row = {"name": "S1", "gloss": ["你", "好"], "text": "你好", "length": 30, "video_path": "a.mp4"}
    write(made / "labels", "train", {"S1": row}, packed=False)
    (found,) = prepare(made, name="mine", frame_rate=15).rows("train")
    assert (found.id, found.glosses, found.num_frames) == ("S1", "你 好", 15)


def test_missing_images_are_named_and_may_be_left_out(made: Path) -> None:
    name = "train/clip-1"
    write(made / "labels", "train", {name: label(name, "lang", 8), "train/b": label("train/b", "fehlt", 3)})
    (made / "videos/train/b").mkdir()
    message = refusal(made)
    assert "no train/clip-1/000006.jpg" in message
    assert f"no images in {made / 'videos/train/b'}" in message
    corpus = prepare(made, allow_missing=True)
    assert corpus.splits == ["dev", "test"]


@pytest.mark.parametrize("image", ["/etc/passwd", "../secret/1.jpg", "C:\\x\\1.jpg", "out/1.jpg"])
def test_paths_that_leave_the_videos_are_refused(made: Path, image: str) -> None:
    write_images(made / "secret", 1)
    (made / "videos" / "out").symlink_to(made / "secret")
    row = label("train/a", "text", 1, imgs_path=[image])
    write(made / "labels", "train", {"train/a": row})
    assert "leaves" in refusal(made)


@pytest.mark.parametrize("name", ["../a", "train/../../a", "a/b", ".a", "a\0b"])
def test_names_that_are_no_files_are_refused(made: Path, name: str) -> None:
    row = label("train/clip-1", "text", 6) | {"name": name}
    write(made / "labels", "train", {"x": row})
    assert "cannot name a file" in refusal(made)


class Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise SystemExit('the labels were run')",)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"a": Trap()}, "STACK_GLOBAL"),
        ([1], "not a dict of clips"),
        ({"a": {"name": "a"}}, "'a': must have name and text"),
        ({"a": label("a", "x", 1, imgs_path=None, video_path=7)}, "no imgs_path and no video_path"),
        ({"a": label("a", "x", 1, imgs_path=[3])}, "no a.mp4"),
    ],
)
def test_labels_of_another_kind_are_refused(made: Path, rows: Any, message: str) -> None:
    write(made / "labels", "train", rows)
    assert message in refusal(made)


def test_an_absent_label_file_is_told(made: Path) -> None:
    (made / "labels/labels.test").unlink()
    assert "labels.test: no such file" in refusal(made)
