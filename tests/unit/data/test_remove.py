"""Clips taken out for good: nothing of them stays, the rest is as it was, and a kill on the way changes nothing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from kills import contents

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import sha256
from sign2gpt.data.cache import FrameCache
from sign2gpt.data.check import check_corpus
from sign2gpt.data.config import DataConfig
from sign2gpt.data.corpus import CACHE, REMOVAL, Corpus, CorpusInfo
from sign2gpt.data.glosses.pseudo_glosses import FILE, PseudoGlosses, make_pseudo_glosses
from sign2gpt.data.remove import choose, resume, take_out
from sign2gpt.data.writer import ClipSource, write_corpus

WORDS = DataConfig(tagger="words", max_share=0.8)
CLIPS = [
    ("train", "a", 'sonne, "wolke" sonne', "Anna"),
    ("train", "b", "sonne regen", "Ben"),
    ("train", "c", "sonne wind", "Ben"),
    ("train", "d", "nebel regen", "Anna"),
    ("dev", "e", "wind wolke", "Anna"),
    ("dev", "f", "regen", "Ben"),
]


def frames(level: int) -> list[np.ndarray]:
    return [np.full((32, 32, 3), level, np.uint8)] * 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sources = [
        ClipSource(split, name, text, partial(frames, 20 * n), signer, extra={"note": f"{n}, odd"})
        for n, (split, name, text, signer) in enumerate(CLIPS)
    ]
    info = CorpusInfo(name="tiny", language="de", frame_rate=25, size=32, licence="CC0")
    write_corpus(tmp_path / "corpus", info, sources, workers=1)
    make_pseudo_glosses(Corpus.open(tmp_path / "corpus"), WORDS).save(tmp_path / "corpus")
    return tmp_path / "corpus"


def remove(folder: Path, ids: tuple[str, ...] = (), signers: tuple[str, ...] = ()) -> None:
    take_out(folder, choose(Corpus.open(folder), ids, signers))


def listed(folder: Path) -> list[str]:
    corpus = Corpus.open(folder)
    return [row.id for split in corpus.splits for row in corpus.rows(split)]


def test_a_signers_clips_leave_with_all_that_is_theirs_and_the_rest_stays(folder: Path) -> None:
    before = contents(folder)
    remove(folder, signers=("Anna",))
    after = contents(folder)
    assert listed(folder) == ["b", "c", "f"]
    assert set(before) - set(after) == {"train/a.mp4", "train/d.mp4", "dev/e.mp4"}
    assert all(after[name] == before[name] for name in after if name.endswith((".mp4", ".yaml")))
    assert after["train/metadata.csv"].splitlines() == [
        line for line in before["train/metadata.csv"].splitlines() if line[:1] not in b"ad"
    ]
    everything = b"".join(after.values())
    assert b"Anna" not in everything
    assert b"nebel" not in everything
    assert check_corpus(folder, workers=1).problems == []


@pytest.mark.parametrize("ids", [("a",), ("a", "d"), ("b", "e"), ("e",), ("a", "b", "c", "d")])
def test_pseudo_glosses_are_those_of_a_corpus_that_never_had_the_clips(folder: Path, ids: tuple[str, ...]) -> None:
    kept = set(listed(folder)) - set(ids)
    remove(folder, ids)
    counted = PseudoGlosses.open(folder)
    assert set(counted.clips) == kept
    if kept >= {"a", "b", "c", "d"}:
        assert counted.parts_of_speech
    if not kept & {"a", "b", "c", "d"}:
        assert (counted.vocabulary, counted.sentences) == ([], 0)
        return
    made = make_pseudo_glosses(Corpus.open(folder), WORDS)
    if not counted.parts_of_speech:
        made = made.model_copy(update={"parts_of_speech": {}})
    assert counted == made


def test_what_is_not_there_is_told_at_once_and_nothing_leaves(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(UserError, match="2 problems") as told:
        remove(folder, ("aa", "b"), ("Bem",))
    assert "no clip aa (did you mean 'a'?" in str(told.value)
    assert "no signer Bem (did you mean 'Ben'?" in str(told.value)
    with pytest.raises(UserError, match="no signer "):
        remove(folder, signers=("",))
    assert contents(folder) == before


def test_hashes_are_told_by_which_runs_can_be_found(folder: Path) -> None:
    found = {row.id: sha256(row.path) for row in Corpus.open(folder).rows("train")}
    chosen = choose(Corpus.open(folder), ("b",), ("Anna",))
    assert [(clip.split, clip.id) for clip in chosen] == [("train", "a"), ("train", "b"), ("train", "d"), ("dev", "e")]
    assert all(clip.sha256 == found[clip.id] for clip in chosen[:3])


@pytest.mark.parametrize("done", range(5))
def test_a_removal_killed_after_any_step_is_finished_by_the_next_and_till_then_nothing_opens(
    folder: Path, tmp_path: Path, done: int
) -> None:
    begun = tmp_path / "begun"
    shutil.copytree(folder, begun)
    chosen = choose(Corpus.open(folder), (), ("Anna",))
    take_out(folder, chosen)
    (begun / REMOVAL).write_text(json.dumps([vars(clip) for clip in chosen]))
    for name in ["train/metadata.csv", "dev/metadata.csv", FILE][:done]:
        shutil.copy(folder / name, begun / name)
    if done == 4:
        (begun / "train" / "a.mp4").unlink()
    (begun / "train" / ".metadata-x.partial.csv").write_text("half a tab")
    with pytest.raises(UserError, match=r"was interrupted; finish it with `sign2gpt corpus remove .*`"):
        Corpus.open(begun)
    assert resume(begun) == chosen
    assert contents(begun) == contents(folder)
    assert resume(begun) == []
    assert choose(Corpus.open(begun), ("a",), ("Anna",), gone=chosen) == []


def test_a_removal_is_killed_and_finished(folder: Path) -> None:
    rows = Corpus.open(folder).rows("train")
    table = (folder / "train/metadata.csv").read_text(encoding="utf-8").splitlines()
    for n in range(3000):
        shutil.copy(rows[0].path, folder / "train" / f"x{n}.mp4")
    (folder / "train/metadata.csv").write_text(
        "\n".join([*table, *(f"x{n}.mp4,viel,Xaver,,3,{n}" for n in range(3000))])
    )
    code = (
        "import sys; from pathlib import Path; from sign2gpt.data.corpus import Corpus\n"
        "from sign2gpt.data.remove import choose, take_out\n"
        "take_out(Path(sys.argv[1]), choose(Corpus.open(sys.argv[1]), [], ['Xaver']))"
    )
    removal = subprocess.Popen([sys.executable, "-c", code, str(folder)])
    while not (folder / REMOVAL).exists() and removal.poll() is None:
        pass
    removal.send_signal(signal.SIGKILL)
    removal.wait()
    resume(folder)
    assert listed(folder) == ["a", "b", "c", "d", "e", "f"]
    assert check_corpus(folder, workers=1).problems == []
    assert list(folder.rglob(".*")) == []


@pytest.mark.parametrize(
    "written",
    [
        '[{"split": "train", "file": "../../precious", "signer": "", "sha256": ""}]',
        '[{"split": "..", "file": "precious", "signer": "", "sha256": ""}]',
        '[{"split": "train", "file": "/etc/hostname", "signer": "", "sha256": ""}]',
        '[{"split": 3, "file": "a.mp4", "signer": "", "sha256": ""}]',
        '[{"file": "a.mp4"}]',
        "3",
        '["a"]',
        "no json",
    ],
)
def test_a_list_that_was_not_written_here_takes_nothing_out(folder: Path, written: str) -> None:
    (folder.parent / "precious").write_text("years")
    (folder / REMOVAL).write_text(written)
    before = contents(folder)
    with pytest.raises(UserError, match=REMOVAL):
        resume(folder)
    assert (folder.parent / "precious").read_text() == "years"
    assert contents(folder) == before


def test_folders_of_images_and_links_inside_the_corpus_leave_too(folder: Path) -> None:
    (folder / "train" / "images").mkdir()
    (folder / "train" / "images" / "1.png").write_bytes(b"image")
    (folder / "store").mkdir()
    (folder / "store" / "real.mp4").write_bytes(b"video")
    (folder / "train" / "link.mp4").symlink_to(folder / "store" / "real.mp4")
    with (folder / "train/metadata.csv").open("a", encoding="utf-8") as table:
        table.write("images,viel,Xaver,,1,\r\nlink.mp4,viel,Xaver,,1,\r\ngone.mp4,viel,Xaver,,1,\r\n")
    remove(folder, signers=("Xaver",))
    assert not (folder / "train" / "images").exists()
    assert not (folder / "train" / "link.mp4").is_symlink()
    assert not (folder / "store" / "real.mp4").exists()
    assert listed(folder) == ["a", "b", "c", "d", "e", "f"]


@pytest.mark.parametrize("linked", ["nothing", "cache", "frames"])
def test_frames_and_features_that_were_kept_leave_whole(folder: Path, tmp_path: Path, linked: str) -> None:
    place = tmp_path / "large_disk"
    place.mkdir()
    if linked == "cache":
        (folder / CACHE).symlink_to(place)
    if linked == "frames":
        (folder / CACHE).mkdir()
        (folder / CACHE / "frames").symlink_to(place)
    corpus = Corpus.open(folder)
    FrameCache(corpus, corpus.rows("train"), 1).fill()
    (folder / CACHE / "features").mkdir()
    (folder / CACHE / "features" / f"train-{'0' * 32}.safetensors").write_bytes(b"features")
    remove(folder, ids=("a",))
    assert not (folder / CACHE).is_symlink()
    assert not (folder / CACHE).exists()
    assert place.exists() is (linked == "nothing")


def test_a_cache_that_links_to_someones_files_loses_the_link_alone(folder: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    for name in ("thesis.tex", "frames/train/photo.rgb", "frames/train/notes.txt", "features/model.safetensors"):
        (precious / name).parent.mkdir(parents=True, exist_ok=True)
        (precious / name).write_text("years")
    before = contents(precious)
    (folder / CACHE).symlink_to(precious)
    remove(folder, ids=("a",))
    assert not (folder / CACHE).is_symlink()
    assert contents(precious) == before


@pytest.mark.parametrize(
    "file", ["metadata.csv", "a.mp4/../metadata.csv", ".", "link", "linked.mp4", "others", ".hidden.mp4"]
)
def test_a_planted_list_deletes_no_table_and_no_folder(folder: Path, file: str) -> None:
    (folder / "train" / "link").symlink_to(folder / "train")
    (folder / "train" / "linked.mp4").symlink_to(folder / "train" / "metadata.csv")
    (folder / "train" / "others").mkdir()
    (folder / "train" / "others" / "thesis.tex").write_text("years")
    (folder / REMOVAL).write_text(json.dumps([{"split": "train", "file": file, "signer": "", "sha256": ""}]))
    before = contents(folder)
    with pytest.raises(UserError, match=f"{REMOVAL}.*not a clip of this corpus"):
        resume(folder)
    assert contents(folder) == before


def test_a_table_that_lists_itself_deletes_nothing(folder: Path) -> None:
    with (folder / "train/metadata.csv").open("a", encoding="utf-8") as table:
        table.write("metadata.csv,viel,Xaver,,1,\r\n")
    before = contents(folder)
    with pytest.raises(UserError, match=r"metadata\.csv is neither a video"):
        remove(folder, signers=("Xaver",))
    assert contents(folder) == before


def test_a_file_that_two_clips_link_to_leaves_with_the_last(folder: Path) -> None:
    (folder / "store").mkdir()
    (folder / "store" / "real.mp4").write_bytes(b"video")
    for name in ("one.mp4", "two.mp4"):
        (folder / "train" / name).symlink_to(folder / "store" / "real.mp4")
    with (folder / "train/metadata.csv").open("a", encoding="utf-8") as table:
        table.write("one.mp4,viel,Xaver,,1,\r\ntwo.mp4,viel,Yves,,1,\r\n")
    remove(folder, signers=("Xaver",))
    assert (folder / "train" / "two.mp4").read_bytes() == b"video"
    remove(folder, signers=("Yves",))
    assert not (folder / "store" / "real.mp4").exists()


def test_pseudo_glosses_that_cannot_be_read_go_as_well(folder: Path) -> None:
    (folder / FILE).write_text("{")
    remove(folder, ("a",))
    assert not (folder / FILE).exists()
