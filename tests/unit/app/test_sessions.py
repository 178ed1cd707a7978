"""Files are removed with the last visitor who uses them; paths outside the folder of uploads are never touched."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from sign2gpt.app.web.sessions import MOST, Sessions


def upload(folder: Path, name: str = "clip.mp4") -> Path:
    path = folder / "hash" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"video")
    return path


def test_a_file_is_removed_with_its_session_and_its_folder_too(tmp_path: Path) -> None:
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


def test_an_old_file_is_removed_though_nobody_has_left(tmp_path: Path) -> None:
    sessions, old = Sessions(tmp_path), upload(tmp_path)
    sessions.hold("one", old)
    sessions.new_folder()
    sessions.sweep(-1)
    assert list(tmp_path.iterdir()) == []


def test_what_is_new_stays_be_it_a_copy_of_something_old(tmp_path: Path) -> None:
    sessions, copy = Sessions(tmp_path), upload(tmp_path)
    os.utime(copy, (0, 0))
    empty = sessions.new_folder()
    os.utime(empty, (0, 0))
    sessions.sweep(3600)
    assert copy.exists()
    assert empty.exists()


def test_folders_that_come_and_go_meanwhile_disturb_nobody(tmp_path: Path) -> None:
    sessions, over = Sessions(tmp_path), Event()

    def come_and_go() -> None:
        while not over.is_set():
            made = sessions.new_folder()
            (made / "within").mkdir()
            (made / "within" / "clip.mp4").write_bytes(b"video")
            sessions.drop(made)

    with ThreadPoolExecutor(2) as visitors:
        coming = [visitors.submit(come_and_go) for _ in range(2)]
        try:
            for _ in range(300):
                sessions.sweep(3600)
                assert sessions.files() <= len(coming)
        finally:
            over.set()
        for come in coming:
            come.result()
    assert sessions.files() == 0


def test_a_folder_that_somebody_else_fills_stays(tmp_path: Path) -> None:
    sessions, mine, other = Sessions(tmp_path), upload(tmp_path), upload(tmp_path, "other.mp4")
    sessions.remove(mine)
    sessions.remove(mine)
    assert other.exists()


def test_a_taken_file_belongs_to_one_client(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    first, second = sessions.take(upload(tmp_path)), sessions.take(upload(tmp_path))
    assert sorted(path.parent for path in (first, second)) == sorted(tmp_path.iterdir())
    sessions.hold("one", first)
    sessions.leave("one")
    assert second.read_bytes() == b"video"


def test_a_copy_is_removed_with_its_session(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    example = tmp_path / "example.mp4"
    example.write_bytes(b"video")
    sessions = Sessions(tmp_path / "uploads")
    first, second = sessions.copy("one", example), sessions.copy("two", example)
    sessions.leave("one")
    assert not first.exists()
    assert second.read_bytes() == example.read_bytes()


def test_a_made_folder_is_removed_with_the_last_of_its_files(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    folder = sessions.new_folder()
    for name in ("a.vtt", "a.srt"):
        (folder / name).write_text("x")
        sessions.hold("one", folder / name)
    sessions.leave("two")
    assert len(list(folder.iterdir())) == 2
    sessions.leave("one")
    assert not folder.exists()


def test_who_loads_the_page_again_finds_the_file_and_who_is_gone_leaves_none(tmp_path: Path) -> None:
    sessions, path = Sessions(tmp_path), upload(tmp_path)
    sessions.enter("one")
    sessions.hold("one", path)
    sessions.sweep(3600, -1)
    assert path.exists()
    sessions.depart("one")
    sessions.sweep(3600, 60)
    assert path.exists()
    sessions.sweep(3600, -1)
    assert sessions.files() == 0


def test_a_file_of_no_session_is_removed_unless_a_request_waits(tmp_path: Path) -> None:
    sessions, unheld, waiting = Sessions(tmp_path), upload(tmp_path, "unheld.mp4"), upload(tmp_path, "waiting.mp4")
    sessions.hold("never there", upload(tmp_path, "made-up.mp4"))
    sessions.sweep(3600, -1, [str(waiting)])
    assert not unheld.exists()
    assert sessions.files() == 1
    sessions.sweep(3600, -1)
    assert sessions.files() == 0


def test_a_session_holds_so_many_files_and_then_lets_go_of_the_oldest(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    files = [upload(tmp_path, f"{number}.mp4") for number in range(MOST + 2)]
    for path in files:
        sessions.hold("one", path)
    assert [path.exists() for path in files] == [False, False, *MOST * [True]]


def test_what_a_client_has_sent_is_counted_while_it_is_here(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    taken = [sessions.take(upload(tmp_path), client) for client in ("one", "one", "two")]
    assert sessions.sent_by("one") == (2, 2 * len(b"video"))
    sessions.remove(taken[0])
    assert sessions.sent_by("one") == (1, len(b"video"))
    assert sessions.sent_by("nobody") == (0, 0)


def test_a_model_reads_the_small_file_of_an_example_and_its_translation_is_forgotten_with_it(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    large, small = tmp_path / "large.mp4", tmp_path / "small.mp4"
    large.write_bytes(b"large")
    sessions = Sessions(tmp_path / "uploads")
    copied, own = sessions.copy("one", large, reads=small), upload(tmp_path / "uploads")
    assert (sessions.reads(str(copied)), sessions.reads(str(own))) == (str(small), str(own))
    sessions.remember(str(copied), 0, "es regnet")
    assert sessions.remembered(str(copied)) == "es regnet"
    assert sessions.remembered(str(copied), 1) is None
    sessions.leave("one")
    assert sessions.remembered(str(copied)) is None
