from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import (
    atomic_file,
    atomic_folder,
    check_file,
    check_own,
    clear_partial,
    open_file,
    read_json,
    read_lines,
    read_text,
    recover_folder,
    sha256,
    write_json,
    write_text,
)


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


@pytest.mark.parametrize("read", [open_file, check_file, read_text, read_json, read_lines, sha256])
def test_only_plain_files_are_read(read: Callable[[Path], Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for name, why in (
            ("pipe", "not a regular file"),
            ("device", "not a regular file"),
            ("socket", "cannot be read"),
        ):
            with pytest.raises(UserError, match=f"{name}: {why}"):
                read(tmp_path / name)
    with pytest.raises(UserError, match="folder: not a regular file"):
        read(tmp_path / "folder")
    with pytest.raises(UserError, match="absent: no such file"):
        read(tmp_path / "absent")


def test_a_file_is_read_through_a_link_and_up_to_its_bound(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfa\r\nb\rc")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_text(tmp_path / "link") == "a\nb\nc"
    with pytest.raises(UserError, match="file: larger than 8 bytes"):
        read_text(tmp_path / "file", most=8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n"b": [{"c": 1,\n"c": 2}]}', "the object that begins in line 2 has the key 'c' twice"),
        ("[" + "[]," * 2_000 + "[]]", "more than 1,250 values"),
        ('{"a": "' + "x" * 20_000 + '"}', "larger than 10,000 bytes"),
        ('{"a":' * 1_240, "too deep"),
        ("{", "not valid JSON"),
    ],
)
def test_json_that_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text(text)
    with pytest.raises(UserError, match=f"file.json: .*{message}"):
        read_json(tmp_path / "file.json", most=10_000)


def test_a_link_is_no_folder_of_our_own(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    check_own(tmp_path)
    check_own(tmp_path / "absent")
    with pytest.raises(UserError, match="link: is a link or no folder"):
        check_own(tmp_path / "link")


def test_what_killed_writers_left_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("years")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".a-1.partial").symlink_to(tmp_path / "precious")
    clear_partial(tmp_path / "run")
    assert names(tmp_path) == ["file", "precious", "run"]
