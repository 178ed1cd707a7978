from __future__ import annotations

from pathlib import Path

import pytest

from sign2gpt.common.files import atomic_file, atomic_folder, clear_partial, recover_folder, write_json, write_text


def half_written(path: Path) -> None:
    """Begins to write and meets a mistake."""
    path.write_text("half")
    raise ValueError("half")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "text"
    write_text(path, "before")
    with pytest.raises(ValueError, match="half"), atomic_file(path) as partial:
        half_written(partial)
    assert path.read_text() == "before"
    assert names(tmp_path) == ["text"]


def test_a_folder_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "last"
    for text in ("first", "second"):
        with atomic_folder(path) as partial:
            write_text(partial / text, text)
    assert names(tmp_path) == ["last", "second"]
    with pytest.raises(ValueError, match="half"), atomic_folder(path) as partial:
        half_written(partial / "third")
    assert names(tmp_path) == ["last", "second"]


def test_a_folder_that_a_kill_left_aside_is_put_back(tmp_path: Path) -> None:
    (tmp_path / ".last.old").mkdir()
    (tmp_path / ".last.old" / "old").touch()
    (tmp_path / ".last-abc.partial").mkdir()
    recover_folder(tmp_path / "last")
    assert names(tmp_path) == ["last", "old"]


def test_a_replaced_folder_that_a_kill_left_beside_the_new_one_goes(tmp_path: Path) -> None:
    (tmp_path / ".last.old").mkdir()
    (tmp_path / "last").mkdir()
    recover_folder(tmp_path / "last")
    assert names(tmp_path) == ["last"]


def test_only_what_killed_writers_had_begun_is_cleared_away(tmp_path: Path) -> None:
    write_json(tmp_path / "kept" / "training.json", {})
    (tmp_path / ".hidden").touch()
    (tmp_path / "mine.partial").touch()
    (tmp_path / ".training-abc.partial.json").touch()
    (tmp_path / "kept" / ".last-abc.partial").mkdir()
    (tmp_path / "kept" / ".last-abc.partial" / ".progress-x_z.partial.json").touch()
    clear_partial(tmp_path)
    assert names(tmp_path) == [".hidden", "kept", "mine.partial", "training.json"]
