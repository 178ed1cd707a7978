"""Shards are the corpus again: any tar reader has its clips, the same bytes every time, whatever stopped it."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from kills import contents
from typer.testing import CliRunner

from sign2gpt.cli.main import command_line
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import sha256
from sign2gpt.common.locks import locked
from sign2gpt.data.config import DataConfig
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.glosses.pseudo_glosses import FILE, make_pseudo_glosses
from sign2gpt.data.remove import choose, take_out
from sign2gpt.data.shards.writer import write_shards
from sign2gpt.data.writer import ClipSource, write_corpus

MB = 0.01
"""So that a shard holds two clips or so."""
KILLED = """
import os, signal, sys
from pathlib import Path
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.shards.writer import write_shards

corpus, out, point = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
done = 0

def count(event, arguments):
    global done
    if event in ("open", "os.rename", "os.remove", "os.mkdir", "shutil.rmtree") and out.name in str(arguments[0]):
        done += 1
        if done == point:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
write_shards(Corpus.open(corpus), out, 0.01, workers=1)
"""


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (4, 32, 32, 3), np.uint8)


def source(split: str, number: int, name: str) -> ClipSource:
    glosses = "EINS ZWEI" if number else None
    return ClipSource(split, name, f"wörter {number}", partial(noise, number), "Anna", glosses, {"note": str(number)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus of seven clips; one name has dots, one is long and of many letters."""
    names = ["a", "b", "c.d.e", "f%", "gebärde-" + "ü" * 60]
    sources = [source("train", number, name) for number, name in enumerate(names)]
    sources += [source("dev", number, f"dev{number}") for number in (5, 6)]
    info = CorpusInfo(name="noise", language="de", frame_rate=25, size=32, licence="CC0-1.0")
    write_corpus(tmp_path / "corpus", info, sources, workers=1, unsigned=["ohne gebärden"])
    return tmp_path / "corpus"


def glossed(folder: Path) -> Path:
    make_pseudo_glosses(Corpus.open(folder), DataConfig(tagger="words", max_share=1)).save(folder)
    return folder / FILE


def write(folder: Path, out: Path, workers: int = 1) -> bool:
    return write_shards(Corpus.open(folder), out, MB, workers)


def test_any_tar_reader_has_clips_and_rows(folder: Path, tmp_path: Path) -> None:
    write(folder, tmp_path / "shards")
    shards = sorted(path.name for path in (tmp_path / "shards").glob("*.tar"))
    assert shards == ["dev-000000.tar", "train-000000.tar", "train-000001.tar"]
    found: dict[str, bytes] = {}
    for shard in shards:
        with tarfile.open(tmp_path / "shards" / shard) as tar:
            for member in tar:
                file = tar.extractfile(member)
                assert file is not None
                assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")
                assert member.isreg()
                found[member.name] = file.read()
    assert len(found) == 14
    assert json.loads(found["c%2Ed%2Ee.json"]) == {
        "id": "c.d.e",
        "split": "train",
        "text": "wörter 2",
        "glosses": "EINS ZWEI",
        "signer": "Anna",
        "num_frames": 4,
        "extra": {"note": "2"},
    }
    assert found["c%2Ed%2Ee.mp4"] == (folder / "train" / "c.d.e.mp4").read_bytes()


def test_the_webdataset_library_reads_them(folder: Path, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    write(folder, tmp_path / "shards")
    shards = sorted(str(path) for path in (tmp_path / "shards").glob("train-*.tar"))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode())
    told = {sample["json"]["id"]: sample for sample in samples}
    assert set(told) == {row.id for row in Corpus.open(folder).rows("train")}
    assert told["a"]["mp4"] == (folder / "train" / "a.mp4").read_bytes()


def test_the_command_tells_what_it_wrote(folder: Path, tmp_path: Path) -> None:
    for written in (True, False):
        ended = CliRunner().invoke(command_line(), ["shards", str(folder), str(tmp_path / "shards"), "--json"])
        told = json.loads(ended.stdout)
        assert (told["written"], told["shards"]) == (written, 2)
        assert told["bytes"] == sum(path.stat().st_size for path in (tmp_path / "shards").glob("*.tar"))


def test_shards_are_the_same_bytes_by_however_many_processes(folder: Path, tmp_path: Path) -> None:
    assert write(folder, tmp_path / "one")
    assert write(folder, tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_second_run_does_nothing(folder: Path, tmp_path: Path) -> None:
    write(folder, tmp_path / "shards")
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (tmp_path / "shards").rglob("*")}
    assert not write(folder, tmp_path / "shards")
    after = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (tmp_path / "shards").rglob("*")}
    assert after == before


def test_killed_at_any_moment_it_goes_on_to_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write(folder, tmp_path / "unharmed")
    out = tmp_path / "shards"
    for point in (3, 8, 15, 12, 30, 6):
        run = [sys.executable, "-c", KILLED, str(folder), str(out), str(point)]
        ended = subprocess.run(run, capture_output=True, check=False).returncode
        assert ended in (-9, 0)
        assert out.exists() == (ended == 0)
    write(folder, out)
    assert contents(out) == contents(tmp_path / "unharmed")
    assert not list(tmp_path.glob(".shards*"))


@pytest.mark.parametrize("damaged", ["shards/train-000000.tar", "train-000000.tar.json"])
def test_a_part_that_was_damaged_after_a_kill_is_written_anew(folder: Path, tmp_path: Path, damaged: str) -> None:
    write(folder, tmp_path / "unharmed")
    run = [sys.executable, "-c", KILLED, str(folder), str(tmp_path / "shards"), "20"]
    assert subprocess.run(run, capture_output=True, check=False).returncode == -9
    (path,) = (tmp_path / ".shards.building").glob(f"*/{damaged}")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    write(folder, tmp_path / "shards")
    assert contents(tmp_path / "shards") == contents(tmp_path / "unharmed")


def test_pseudo_glosses_that_are_made_later_come_along(folder: Path, tmp_path: Path) -> None:
    write(folder, tmp_path / "shards")
    before = {path: path.stat().st_ino for path in (tmp_path / "shards").glob("*.tar")}
    made = glossed(folder)
    assert not write(folder, tmp_path / "shards")
    assert (tmp_path / "shards" / FILE).read_bytes() == made.read_bytes()
    assert {path: path.stat().st_ino for path in (tmp_path / "shards").glob("*.tar")} == before
    write(folder, tmp_path / "anew")
    assert contents(tmp_path / "anew") == contents(tmp_path / "shards")
    made.unlink()
    write(folder, tmp_path / "shards")
    assert not (tmp_path / "shards" / FILE).exists()


def test_after_clips_were_taken_out_the_shards_must_be_written_anew(folder: Path, tmp_path: Path) -> None:
    write(folder, tmp_path / "shards")
    gone = sha256(folder / "train" / "b.mp4")
    take_out(folder, choose(Corpus.open(folder), ["b"], []))
    with pytest.raises(UserError, match="already exists with shards of other clips; delete it"):
        write(folder, tmp_path / "shards")
    write(folder, tmp_path / "anew")
    assert gone not in "".join(path.read_text() for path in (tmp_path / "anew").glob("*/clips.csv"))


def test_all_clips_that_fit_no_shard_are_told(folder: Path, tmp_path: Path) -> None:
    table = folder / "dev" / "metadata.csv"
    (folder / "dev" / "dev5.webm").write_bytes(b"another")
    (folder / "dev" / "images.mp4").mkdir()
    with table.open("a", encoding="utf-8", newline="") as file:
        file.write("dev5.webm,text,,,4,\r\nimages.mp4,text,,,4,\r\nabsent.mp4,text,,,4,\r\n")
    with pytest.raises(UserError, match="3 problems") as told:
        write(folder, tmp_path / "shards")
    assert "dev/dev5: two clips of the split differ only" in str(told.value)
    assert "dev/images: is a folder of images" in str(told.value)
    assert "absent.mp4: no such file" in str(told.value)
    assert not list(tmp_path.glob("*shards*"))


def test_nothing_else_is_overwritten_and_no_address_is_written_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    with pytest.raises(UserError, match="already exists and has no shards"):
        write(folder, tmp_path / "mine")
    write(folder, tmp_path / "shards")
    with pytest.raises(UserError, match="contains shards, which cannot be changed"):
        write(tmp_path / "shards", tmp_path / "again")
    for address in ("s3://bucket/shards", "file:///shards"):
        ended = CliRunner().invoke(command_line(), ["shards", str(folder), address])
        assert str(ended.exception).startswith(f"{address}: shards are written to a local folder")


def test_a_clip_that_was_exchanged_for_one_of_its_size_is_noticed(folder: Path, tmp_path: Path) -> None:
    write(folder, tmp_path / "shards")
    clip = folder / "train" / "a.mp4"
    content = bytearray(clip.read_bytes())
    content[-1] ^= 1
    clip.write_bytes(content)
    with pytest.raises(UserError, match="exists with shards of other clips"):
        write(folder, tmp_path / "shards")


def test_shards_are_put_in_the_place_of_no_current_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match="is the current folder"):
        write(folder, Path())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "here"]


def test_a_second_command_leaves_the_first_alone(folder: Path, tmp_path: Path) -> None:
    growing = tmp_path / ".shards.building" / "of-the-first"
    growing.mkdir(parents=True)
    with locked(tmp_path / "shards", tmp_path / ".shards.lock"):
        with pytest.raises(UserError, match="another command writes here"):
            write(folder, tmp_path / "shards")
        assert growing.exists()
    assert write(folder, tmp_path / "shards")
    assert not list(tmp_path.glob(".shards*"))


def test_where_shards_grow_is_no_link_to_other_folders(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "precious" / "letters").mkdir(parents=True)
    (tmp_path / ".out.building").symlink_to(tmp_path / "precious")
    with pytest.raises(UserError, match="a link or no folder"):
        write_shards(Corpus.open(folder), tmp_path / "out", workers=1)
    assert (tmp_path / "precious" / "letters").is_dir()
