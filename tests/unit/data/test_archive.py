"""Archives from strangers: read within bounds, or refused in one line."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.data.importers.archive import BLOCK, MAX_HEADER, members

FILES = {"a/one.txt": b"one", "a/two.txt": bytes(BLOCK), "./b.txt": b"x" * 2000}


def archive(path: Path, files: dict[str, bytes], change: Callable[[tarfile.TarInfo], None] | None = None) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if change is not None:
                change(info)
            tar.addfile(info, io.BytesIO(content))
    return path


def read(path: Path, most: int = 10_000) -> dict[str, bytes]:
    return {str(member.name): member.content(most) for member in members(path)}


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz"])
def test_members_come_with_their_contents_whether_read_or_not(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / name, FILES)
    assert read(path) == {"a/one.txt": b"one", "a/two.txt": bytes(BLOCK), "b.txt": b"x" * 2000}
    assert [(str(member.name), member.size) for member in members(path)] == [
        ("a/one.txt", 3),
        ("a/two.txt", 512),
        ("b.txt", 2000),
    ]


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "C:/x", "..\\x"])
def test_names_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="outside the archive"):
        read(archive(tmp_path / "x.tar", {name: b""}))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_link_or_device_is_not_read(tmp_path: Path, kind: bytes) -> None:
    def link(info: tarfile.TarInfo) -> None:
        info.type, info.linkname = kind, "/etc/passwd"

    with pytest.raises(UserError, match="a link or a device"):
        read(archive(tmp_path / "x.tar", {"a": b""}, link))


def test_a_member_over_the_limit_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has 2,000 bytes; at most 1,999"):
        read(archive(tmp_path / "x.tar", FILES), most=1999)


@pytest.mark.parametrize("size", [1 << 40, -1, -(1 << 40)])
def test_a_size_that_lies_is_refused(tmp_path: Path, size: int) -> None:
    info = tarfile.TarInfo("a")
    info.size = size
    (tmp_path / "x.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(4 * BLOCK))
    with pytest.raises(UserError, match=r"x\.tar"):
        read(tmp_path / "x.tar")


def test_a_header_of_many_bytes_is_refused_and_not_held(tmp_path: Path) -> None:
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 64 * MAX_HEADER
    with gzip.open(tmp_path / "x.tar.gz", "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            file.write(b"x" * MAX_HEADER)
    with pytest.raises(UserError, match="damaged"):
        read(tmp_path / "x.tar.gz")


def test_headers_upon_headers_without_end_are_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 4
    (tmp_path / "x.tar").write_bytes((info.tobuf(tarfile.GNU_FORMAT) + b"abc\0".ljust(BLOCK, b"\0")) * 5000)
    with pytest.raises(UserError, match="damaged"):
        read(tmp_path / "x.tar")


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz"])
def test_wherever_an_archive_is_cut_it_is_told_or_nothing_is_lost(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / name, FILES)
    whole, held = path.read_bytes(), read(path)
    for kept in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:kept])
        try:
            found = read(path)
        except UserError:
            continue
        assert found == held


def test_a_flipped_header_does_not_end_an_archive_silently(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar", FILES)
    flipped = bytearray(path.read_bytes())
    flipped[2 * BLOCK + 150] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(UserError, match="damaged or incomplete at byte"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b", b"\x1f\x8bnonsense", bytes(100)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(UserError, match=r"x\.tar\.gz: damaged or incomplete"):
        read(tmp_path / "x.tar.gz")
    with pytest.raises(UserError, match="no such file"):
        read(tmp_path / "absent.tar")
