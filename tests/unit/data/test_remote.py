"""Shards at an address: what comes is what lies there, within bounds; what does not come is told in one line."""

from __future__ import annotations

import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import fsspec
import pytest
from stores import served

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.remove import choose, take_out
from sign2gpt.data.shards import remote
from sign2gpt.data.shards.corpus import FETCHED, ShardedClip
from sign2gpt.data.shards.index import INDEX, read_index
from sign2gpt.data.shards.remote import Remote
from sign2gpt.data.shards.store import RemoteStore
from sign2gpt.data.shards.writer import write_shards
from sign2gpt.video.config import FramesConfig

FRAMES = FramesConfig(size=32, jitter=2)
NEEDS_HTTP = pytest.mark.skipif(not find_spec("aiohttp"), reason="aiohttp is not installed")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder; stores are asked again at once."""
    monkeypatch.setenv("SIGN2GPT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remote, "PAUSE_S", 0)
    return tmp_path / "cache"


@pytest.fixture
def shards(world: Path, tmp_path: Path) -> Path:
    """The world's corpus in shards."""
    write_shards(Corpus.open(world / "corpus"), tmp_path / "shards", 0.008, workers=1)
    return tmp_path / "shards"


@pytest.fixture
def address(shards: Path) -> str:
    """The shards in fsspec's memory, which this process alone sees."""
    copy(shards, "memory://store/corpus")
    return "memory://store/corpus"


def copy(folder: Path, address: str) -> None:
    store, place = fsspec.url_to_fs(address)
    if store.exists(place):
        store.rm(place, recursive=True)
    store.put(f"{folder}/", place, recursive=True)


def frames(corpus: Corpus) -> bytes:
    data = SignDataset(corpus.rows("train"), FRAMES, seed=1, train=True)
    steps = [[7, 2, 4], [1, 0, 11], [3, 8]]
    return b"".join(batch.frames.numpy().tobytes() for batch in batches(data, steps, epoch=0, workers=0))


def used(rows: list[ClipRow]) -> set[str]:
    """The shards that hold these clips."""
    return {row.path.shard for row in rows if isinstance(row.path, ShardedClip)}


def kept(cache: Path) -> list[str]:
    return sorted(path.name[65:] for path in cache.rglob(f"{FETCHED}/*.tar"))


@pytest.mark.parametrize("kept_shards", [0, 1, 2])
def test_clips_are_those_of_the_folder_however_many_shards_are_kept(
    world: Path, address: str, shards: Path, cache: Path, kept_shards: int
) -> None:
    names = ["train-000000.tar", "train-000001.tar"][:kept_shards]
    corpus = Corpus.open(address, sum((shards / name).stat().st_size for name in names) / 1e9)
    assert not kept(cache)
    assert frames(corpus) == frames(Corpus.open(world / "corpus"))
    assert kept(cache) == names
    Corpus.open(address, 0)
    assert kept(cache) == names


def test_shards_of_the_folder_as_it_was_are_deleted(world: Path, tmp_path: Path, cache: Path, address: str) -> None:
    before = Corpus.open(address)
    frames(before)
    shutil.copytree(world / "corpus", tmp_path / "corpus")
    corpus = Corpus.open(tmp_path / "corpus")
    take_out(corpus.folder, choose(corpus, ["train1"], []))
    write_shards(Corpus.open(corpus.folder), tmp_path / "anew", 0.008, workers=1)
    copy(tmp_path / "anew", address)
    after = Corpus.open(address)
    assert "train1" not in {row.id for row in after.rows("train")}
    assert not kept(cache)
    with pytest.raises(UserError, match=r"train-00000.\.tar: differs from the shard that shards\.json lists"):
        frames(before)
    assert not kept(cache)


def test_what_is_not_listed_any_more_goes(address: str, shards: Path, cache: Path) -> None:
    corpus = Corpus.open(address)
    assert (corpus.folder / "pseudo_glosses.json").is_file()
    index = read_index(shards)
    files = {name: digest for name, digest in index.files.items() if name != "pseudo_glosses.json"}
    (shards / INDEX).write_text(index.model_copy(update={"files": files}).model_dump_json())
    copy(shards, address)
    assert not (Corpus.open(address).folder / "pseudo_glosses.json").exists()


def test_files_that_are_not_those_of_the_index_are_told(address: str, shards: Path, cache: Path) -> None:
    (shards / "train" / "metadata.csv").write_text("file_name,text,num_frames\n")
    copy(shards, address)
    with pytest.raises(UserError, match=r"corpus/train/metadata\.csv: differs from the file that shards\.json lists"):
        Corpus.open(address)
    assert not list(cache.rglob("metadata.csv"))


def test_a_shard_that_is_larger_than_told_is_not_kept(address: str, shards: Path, cache: Path) -> None:
    with (shards / "train-000001.tar").open("ab") as file:
        file.write(bytes(10_000_000))
    copy(shards, address)
    with pytest.raises(UserError, match=r"train-000001\.tar: larger than the expected [0-9,]+ bytes"):
        frames(Corpus.open(address))
    assert "train-000001.tar" not in kept(cache)
    assert not list(cache.rglob("*partial*"))


def test_an_address_without_shards_is_told() -> None:
    with pytest.raises(UserError, match=r"memory://nowhere/shards\.json: no such file"):
        Corpus.open("memory://nowhere")


@pytest.mark.parametrize(
    "address", ["telnet://corpus", "reference://corpus", "simplecache::http://localhost/corpus", "s3://a::reference://"]
)
def test_what_does_more_than_hold_files_is_told(address: str) -> None:
    with pytest.raises(UserError, match=r"shards\.json: shards cannot be read from there; use one of .*s3"):
        Corpus.open(address)


@pytest.mark.skipif(find_spec("s3fs") is not None, reason="s3fs is installed")
def test_a_missing_library_is_named() -> None:
    with pytest.raises(UserError, match=r"s3:// needs a library that is not installed: pip install .sign2gpt\[s3\]."):
        Corpus.open("s3://bucket/corpus")


@NEEDS_HTTP
def test_an_address_that_does_not_answer_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match=rf"{address}/shards\.json: does not answer \(Cannot connect") as told:
            Corpus.open(address)
    assert "\n" not in str(told.value)


@NEEDS_HTTP
@pytest.mark.parametrize("code", [401, 403])
def test_a_store_that_refuses_is_asked_once(tmp_path: Path, code: int) -> None:
    with served(tmp_path, code=code) as store:
        with pytest.raises(UserError, match=rf"shards\.json: access denied \({code}, .*\); check your credentials$"):
            Corpus.open(store.address)
        assert len(store.asked) == 1


@NEEDS_HTTP
def test_a_store_that_fails_is_asked_again(tmp_path: Path) -> None:
    with served(tmp_path, code=503) as store:
        with pytest.raises(UserError, match=r"shards\.json: does not answer \(503, "):
            Corpus.open(store.address)
        assert len(store.asked) == remote.ATTEMPTS


@NEEDS_HTTP
def test_a_store_that_is_silent_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "ANSWER_S", 0.5)
    with (
        served(tmp_path, silent=True) as store,
        pytest.raises(UserError, match=r"does not answer \(timed out\)"),
    ):
        Corpus.open(store.address)


@pytest.mark.skipif(not find_spec("s3fs"), reason="s3fs is not installed")
def test_s3_without_credentials_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(UserError, match=r"may not be read \(Unable to locate credentials\); .* FSSPEC_S3_ANON=true"):
        Corpus.open("s3://bucket/corpus")


@pytest.mark.skipif(not find_spec("gcsfs"), reason="gcsfs is not installed")
def test_gs_without_credentials_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(tmp_path, code=401) as store:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", store.address)
        monkeypatch.setenv("NO_GCE_CHECK", "true")
        with pytest.raises(UserError, match=r"access denied \(.*401.*\); check your credentials"):
            Corpus.open("gs://bucket/corpus")
    assert capfd.readouterr().err == ""


@NEEDS_HTTP
def test_all_who_read_a_shard_at_once_fetch_it_once(world: Path, shards: Path) -> None:
    with served(shards) as store, ThreadPoolExecutor(6) as pool:
        rows = Corpus.open(store.address).rows("train")
        found = list(pool.map(lambda row: row.path.read_bytes(), rows * 2))
        assert found == [row.path.read_bytes() for row in Corpus.open(world / "corpus").rows("train")] * 2
        assert {name: store.whole(name) for name in used(rows)} == dict.fromkeys(used(rows), 1)
        assert store.whole("dev-000000.tar") == 0
        tables = store.whole("train/metadata.csv")
        Corpus.open(store.address)
        assert (tables, store.whole("train/metadata.csv")) == (1, 1)


@NEEDS_HTTP
def test_clips_of_shards_that_are_not_kept_come_by_themselves(world: Path, shards: Path, cache: Path) -> None:
    with served(shards) as store:
        corpus = Corpus.open(store.address, 0)
        assert frames(corpus) == frames(Corpus.open(world / "corpus"))
        assert not any(store.whole(name) for name in used(corpus.rows("train")))
    assert not kept(cache)


@NEEDS_HTTP
def test_a_store_that_serves_no_pieces_is_told(world: Path, shards: Path) -> None:
    with served(shards, pieces=False) as store:
        with pytest.raises(UserError, match=r"does not support range requests; raise data\.shards_gb"):
            frames(Corpus.open(store.address, 0))
        assert frames(Corpus.open(store.address)) == frames(Corpus.open(world / "corpus"))


def test_a_damaged_copy_of_a_shard_is_fetched_again(
    world: Path, address: str, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = Corpus.open(address)
    plain = frames(corpus)
    (copied,) = cache.rglob("*-train-000000.tar")
    whole = copied.read_bytes()
    for damaged in (whole[:1000], bytes(len(whole)), whole[:600] + bytes([whole[600] ^ 1]) + whole[601:]):
        copied.write_bytes(damaged)
        assert frames(corpus) == plain
        assert copied.read_bytes() == whole
        assert "is damaged; fetching it again" in " ".join(capsys.readouterr().err.split())


def test_what_a_killed_fetch_left_goes_with_the_next(address: str, cache: Path) -> None:
    store = Corpus.open(address).rows("dev")[0].path.store  # pyright: ignore[reportAttributeAccessIssue]
    assert isinstance(store, RemoteStore)
    left = store.folder / f".{store.kept['dev-000000.tar'].sha256}-dev-000000-x1.partial.tar"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    assert store.read("dev-000000.tar", 0, 4) == b"dev0"
    assert not left.exists()


def test_a_full_disk_is_told(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=10)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    with pytest.raises(UserError, match=r"make room, lower data\.shards_gb, or set SIGN2GPT_CACHE"):
        frames(Corpus.open(address))


def test_nothing_is_left_of_what_was_too_large(tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/bounds/file", b"12345")
    with pytest.raises(UserError, match="larger than the expected 4 bytes"):
        Remote("memory://bounds").download("file", tmp_path / "x" / "file", 4)
    assert list((tmp_path / "x").iterdir()) == []
    Remote("memory://bounds").download("file", tmp_path / "x" / "file", 5)
    assert (tmp_path / "x" / "file").read_bytes() == b"12345"
