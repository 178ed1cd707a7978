"""Which runs were trained on a clip: told by hashes, over any number of trainings that started from one another."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import sha256, write_json
from sign2gpt.training.claim import CLAIM
from sign2gpt.training.usage import CLIPS, WEIGHTS, RunUse, find_usage


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def write_run(folder: Path, clips: str, init: Path | str | None = None, *, hashed: bool = True) -> Path:
    """A run as trainings leave it; its clips are called by one letter each."""
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(f"weights of {folder.name}".encode())
    identity: dict[str, object] = {"stage": "train", "train": {"init": None if init is None else str(init)}}
    if isinstance(init, Path) and hashed:
        identity["weights"] = {"init": sha256(init / WEIGHTS)}
    write_json(folder / CLAIM, {"identity": identity, "finished": True})
    write_json(folder / CLIPS, {clip: digest(clip) for clip in clips})
    return folder


def found(folder: Path, clips: str) -> dict[str, tuple[list[str], int]]:
    usage = find_usage(folder, [digest(clip) for clip in clips])
    return {str(run.folder.relative_to(folder)): (run.used, run.trained_on) for run in usage.runs}


def test_runs_are_found_at_any_depth_by_the_hashes_of_their_clips(tmp_path: Path) -> None:
    write_run(tmp_path / "one", "abc")
    write_run(tmp_path / "more" / "two", "bcd")
    write_run(tmp_path / "three", "xyz")
    assert found(tmp_path, "ab") == {"more/two": (["b"], 3), "one": (["a", "b"], 3)}
    assert found(tmp_path, "q") == {}
    assert find_usage(tmp_path, [digest("a")]).looked_at == 3


def test_runs_that_started_from_such_a_run_are_found_at_any_remove(tmp_path: Path) -> None:
    first = write_run(tmp_path / "first", "ab")
    second = write_run(tmp_path / "second", "xy", first)
    third = write_run(tmp_path / "third", "ya", second)
    write_run(tmp_path / "other", "y", write_run(tmp_path / "fourth", "z"))
    usage = find_usage(tmp_path, [digest("b")])
    assert usage.runs == [
        RunUse(first, ["b"], 2),
        RunUse(second, [], 2, started_from=first),
        RunUse(third, [], 2, started_from=second),
    ]


def test_a_run_that_was_moved_is_known_by_its_weights(tmp_path: Path) -> None:
    first = write_run(tmp_path / "first", "a")
    write_run(tmp_path / "second", "x", first)
    (tmp_path / "archive").mkdir()
    shutil.move(first, tmp_path / "archive" / "old")
    assert set(found(tmp_path, "a")) == {"archive/old", "second"}


def test_without_a_hash_of_the_weights_the_path_tells_wherever_the_training_was_run(tmp_path: Path) -> None:
    write_run(tmp_path / "project" / "runs" / "first", "a")
    write_run(tmp_path / "project" / "runs" / "second", "x", "runs/first", hashed=False)
    write_run(tmp_path / "project" / "third", "x", str(tmp_path / "project" / "runs" / "first"), hashed=False)
    write_run(tmp_path / "project" / "fourth", "x", "elsewhere/first", hashed=False)
    assert set(found(tmp_path / "project", "a")) == {"runs/first", "runs/second", "third"}


def test_runs_that_lead_back_to_themselves_end(tmp_path: Path) -> None:
    write_run(tmp_path / "a", "x", "b", hashed=False)
    write_run(tmp_path / "b", "y", "a", hashed=False)
    assert set(found(tmp_path, "x")) == {"a", "b"}


def test_unfinished_trainings_and_unreadable_records_are_named(tmp_path: Path) -> None:
    write_run(tmp_path / "fine", "a")
    write_json(tmp_path / "begun" / CLAIM, {"identity": {}, "finished": False})
    (write_run(tmp_path / "damaged", "a") / CLIPS).write_text('{"a": "')
    write_json(write_run(tmp_path / "strange", "a") / CLIPS, ["a"])
    write_json(write_run(tmp_path / "odd", "a") / CLAIM, {"identity": {"train": 3, "weights": []}})
    usage = find_usage(tmp_path, [digest("a")])
    assert [run.folder.name for run in usage.runs] == ["fine", "odd"]
    assert usage.unfinished == [tmp_path / "begun"]
    for told, expected in zip(
        usage.unreadable, ("not valid JSON", "does not tell whose", "does not list"), strict=True
    ):
        assert expected in told


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        find_usage(tmp_path / "none", [])
