"""Files go with the last visitor who uses them; paths elsewhere are nobody's."""

from __future__ import annotations

import os
from pathlib import Path

from sign2gpt.app.sessions import Sessions


def upload(folder: Path, name: str = "clip.mp4") -> Path:
    path = folder / "hash" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"video")
    return path


def test_a_file_goes_with_its_session_and_its_folder_too(tmp_path: Path) -> None:
    sessions, path = Sessions(tmp_path), upload(tmp_path)
    sessions.hold("one", path)
    sessions.leave("one")
    assert list(tmp_path.iterdir()) == []


def test_the_same_upload_of_two_stays_for_the_second(tmp_path: Path) -> None:
    sessions, path = Sessions(tmp_path), upload(tmp_path)
    sessions.hold("one", path)
    sessions.hold("two", path)
    sessions.leave("one")
    assert path.exists()
    sessions.leave("two")
    assert not path.exists()


def test_what_lies_elsewhere_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    sessions, mine = Sessions(tmp_path / "uploads"), tmp_path / "mine.mp4"
    mine.write_bytes(b"video")
    for name in (mine, tmp_path / "uploads" / ".." / "mine.mp4"):
        assert not sessions.owns(name)
        sessions.hold("one", name)
    link = tmp_path / "uploads" / "link.mp4"
    link.symlink_to(mine)
    assert not sessions.owns(link)
    sessions.leave("one")
    assert mine.exists()


def test_what_is_old_goes_though_nobody_has_left(tmp_path: Path) -> None:
    sessions, old, new = Sessions(tmp_path), upload(tmp_path, "old.mp4"), upload(tmp_path, "new.mp4")
    for path in (old, new):
        sessions.hold("one", path)
    os.utime(old, (0, 0))
    sessions.sweep(3600)
    assert not old.exists()
    assert new.exists()


def test_a_made_folder_goes_with_the_last_of_its_files(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    folder = sessions.new_folder()
    for name in ("a.vtt", "a.srt"):
        (folder / name).write_text("x")
        sessions.hold("one", folder / name)
    sessions.leave("two")
    assert len(list(folder.iterdir())) == 2
    sessions.leave("one")
    assert not folder.exists()
