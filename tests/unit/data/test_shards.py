"""A corpus of shards reads as the folder that it was written from, and believes nothing that leaves its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sign2gpt.cli.main import command_line
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import sha256
from sign2gpt.data.cache import FrameCache
from sign2gpt.data.check import check_corpus
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.shards.corpus import CLIP_TABLE
from sign2gpt.data.shards.index import INDEX
from sign2gpt.data.shards.writer import write_shards
from sign2gpt.video.config import FramesConfig

FRAMES = FramesConfig(size=32, jitter=2)


@pytest.fixture
def shards(world: Path, tmp_path: Path) -> Path:
    """The world's corpus in shards."""
    write_shards(Corpus.open(world / "corpus"), tmp_path / "shards", 0.008, workers=1)
    return tmp_path / "shards"


def frames(corpus: Corpus, workers: int = 0, cache: FrameCache | None = None) -> bytes:
    data = SignDataset(corpus.rows("train"), FRAMES, seed=1, train=True, cache=cache)
    steps = [[7, 2, 4], [1, 0, 9], [3, 8]]
    return b"".join(batch.frames.numpy().tobytes() for batch in batches(data, steps, epoch=3, workers=workers))


def edit(path: Path, before: str, after: str) -> None:
    content = path.read_bytes()
    assert before.encode() in content
    path.write_bytes(content.replace(before.encode(), after.encode(), 1))


def test_rows_are_those_of_the_folder(world: Path, shards: Path) -> None:
    there, here = Corpus.open(world / "corpus"), Corpus.open(f"file://{shards}")
    assert (here.info, here.splits) == (there.info, there.splits)
    for row, other in zip(here.rows("train"), there.rows("train"), strict=True):
        assert (row.id, row.text, row.num_frames) == (other.id, other.text, other.num_frames)
        assert row.path.read_bytes() == other.path.read_bytes()
        assert row.sha256() == other.sha256()


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_those_of_the_folder(world: Path, shards: Path, workers: int) -> None:
    assert frames(Corpus.open(shards), workers) == frames(Corpus.open(world / "corpus"))


def test_decoded_frames_can_be_kept(world: Path, shards: Path) -> None:
    corpus = Corpus.open(shards)
    for _ in range(2):
        cache = FrameCache(corpus, corpus.rows("train"), 1.0)
        cache.fill()
    assert len(list(cache.folder.rglob("*.rgb"))) == 12
    assert frames(corpus, cache=cache) == frames(Corpus.open(world / "corpus"))


def test_check_finds_it_whole(shards: Path) -> None:
    report = check_corpus(shards, workers=1)
    assert report.problems == []
    assert report.splits["train"].clips == 12


def test_a_damaged_and_an_absent_shard_are_told(shards: Path) -> None:
    row = Corpus.open(shards).rows("dev")[0]
    shard = shards / "dev-000000.tar"
    content = bytearray(shard.read_bytes())
    content[600] ^= 1
    shard.write_bytes(content)
    with pytest.raises(UserError, match=r"dev-000000\.tar: dev0\.mp4: not the clip that clips\.csv lists"):
        row.path.read_bytes()
    shard.unlink()
    with pytest.raises(UserError, match=r"dev-000000\.tar: dev0\.mp4: no such video file"):
        SignDataset([row], FRAMES, seed=0, train=False)[0]


@pytest.mark.parametrize("name", ["corpus.yaml", "train/metadata.csv", "dev/clips.csv", "pseudo_glosses.json"])
def test_a_damaged_table_is_noticed_when_the_corpus_is_opened(shards: Path, name: str) -> None:
    content = bytearray((shards / name).read_bytes())
    content[-5] ^= 1
    (shards / name).write_bytes(content)
    with pytest.raises(UserError) as told:
        Corpus.open(shards)
    again = "copy it or write the shards again"
    assert str(told.value) == f"{shards}: {name} differs from the file that shards.json lists; {again}"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("train-000000.tar", "../train-000000.tar"),
        ("train-000000.tar", "train.tar"),
        ("train-000000.tar", "a/b/train-000000.tar"),
        ("corpus.yaml", "/etc/passwd"),
        ("corpus.yaml", "train/../../corpus.yaml"),
        ("train/metadata.csv", "train\\\\metadata.csv"),
        ("dev/clips.csv", ".ssh/clips.csv"),
    ],
)
def test_names_that_leave_the_folder_are_refused(shards: Path, name: str, other: str) -> None:
    edit(shards / INDEX, f'"{name}"', f'"{other}"')
    with pytest.raises(UserError, match=r"is not the name of a (file in a corpus|shard)"):
        Corpus.open(shards)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("dev-000000.tar", "dev-000009.tar", r"line 2: shards.json lists no shard 'dev-000009.tar'"),
        (",512,", ",999999999,", r"line 2: a clip of [0-9,]+ bytes at offset 999,999,999 does not fit"),
        (",512,", ",-512,", "line 2: offset '-512' and size '[0-9]+' must be whole numbers"),
        ("dev0.mp4", "dev9.mp4", "line 2: dev0.mp4 is in no shard"),
        ("sha256", "hash", "line 1: no column sha256"),
        (",512,", ",512,1,2,3\r\ndev0.mp4,dev-000000.tar,512,", "line 2: 6 cells, but the header has 5"),
        ("\r\ndev1", "x\r\ndev1", r"line 2: '[0-9a-f]{64}x' is not a SHA-256"),
    ],
)
def test_what_is_wrong_with_places_is_told(shards: Path, before: str, after: str, told: str) -> None:
    digest = sha256(shards / "dev" / CLIP_TABLE)
    edit(shards / "dev" / CLIP_TABLE, before, after)
    edit(shards / INDEX, digest, sha256(shards / "dev" / CLIP_TABLE))
    with pytest.raises(UserError, match=told):
        Corpus.open(shards).rows("dev")


def test_a_newer_index_is_refused(shards: Path) -> None:
    index = json.loads((shards / INDEX).read_text())
    (shards / INDEX).write_text(json.dumps({**index, "format": 2}))
    with pytest.raises(UserError, match="format 2 is newer than 1"):
        Corpus.open(shards)
    (shards / INDEX).write_text("[]")
    with pytest.raises(UserError, match="not an index of shards"):
        Corpus.open(shards)


@pytest.mark.parametrize("command", ["glosses {}", "corpus remove {} --id train1 --yes", "corpus export {} out"])
def test_what_would_change_clips_or_name_their_files_is_refused(shards: Path, command: str) -> None:
    ended = CliRunner().invoke(command_line(), command.format(shards).split())
    assert isinstance(ended.exception, UserError)
    assert "then write the shards again with `sign2gpt shards`" in str(ended.exception)
