"""Damaged and hostile archives of a release."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from releases import FRAMES, ROOT

from damage.cases import BINARY, EITHER, REFUSED, Case, Change

IMAGE = f"{ROOT}/{FRAMES}/train/train1/images0001.png"


def _tar(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return held.getvalue()


def _before(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> Change:
    """A member before those of the release."""

    def made(data: bytes, random: Random) -> bytes:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        more = _tar([(info, content if kind == tarfile.REGTYPE else b"")])
        return more.rstrip(b"\0").ljust(-(-len(more.rstrip(b"\0")) // 512) * 512, b"\0") + data

    return made


def _claims(size: int, kind: bytes = tarfile.REGTYPE, name: str = IMAGE) -> Change:
    def made(data: bytes, random: Random) -> bytes:
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, size
        return info.tobuf(tarfile.GNU_FORMAT) + data

    return made


NAMES: dict[str, Change] = {
    "absolute": _before("/tmp/sign2gpt-escaped"),
    "upwards": _before("../escaped"),
    "upwards inside": _before("a/../../escaped"),
    "of Windows": _before("..\\escaped"),
    "with a drive": _before("C:\\escaped"),
    "of many levels": _before("a/" * 2000 + "b"),
    "of 100 kB": _before("a" * 100_000),
    "an image's, upwards": _before(f"../{IMAGE}"),
}
LINKS: dict[str, Change] = {
    "to a file outside": _before(IMAGE, kind=tarfile.SYMTYPE, link="/etc/passwd"),
    "to a folder outside": _before(f"{ROOT}/{FRAMES}/train", kind=tarfile.SYMTYPE, link="/etc"),
    "hard": _before(IMAGE, kind=tarfile.LNKTYPE, link="/etc/passwd"),
    "to itself": _before(IMAGE, kind=tarfile.SYMTYPE, link=IMAGE),
    "a device": _before(IMAGE, kind=tarfile.CHRTYPE),
    "a pipe": _before(IMAGE, kind=tarfile.FIFOTYPE),
}
BOMBS: dict[str, Change] = {
    "zeros": lambda data, random: gzip.compress(bytes(1 << 20), 9) * 2000,
    "an image of 300 MB": lambda data, random: _zipped(_claims(300 << 20)(b"", random), 300),
    "a member of 2 GB that nobody reads": lambda data, random: _zipped(_claims(2 << 30, name="x")(b"", random), 2048),
    "a name of 64 MB": lambda data, random: _zipped(_claims(64 << 20, tarfile.GNUTYPE_LONGNAME)(b"", random), 64),
    "attributes of 64 MB": lambda data, random: _zipped(_claims(64 << 20, tarfile.XHDTYPE)(b"", random), 64),
    "a size of 2^62": _claims(1 << 62),
    "a size of -1": _claims(-1),
    "headers upon headers": lambda data, random: (
        (_claims(4, tarfile.GNUTYPE_LONGNAME)(b"", random) + b"abc\0".ljust(512, b"\0")) * 5000
    ),
    "100,000 members": lambda data, random: _tar((tarfile.TarInfo(f"{n}"), b"") for n in range(100_000)),
    "the same image again": lambda data, random: data[:-10240] + data,
}
DAMAGED: dict[str, Change] = {
    **BINARY,
    "zip": lambda data, random: b"PK\x03\x04" + bytes(1000),
    "text": lambda data, random: b"404 Not Found\n",
}


def _zipped(head: bytes, megabytes: int) -> bytes:
    return gzip.compress(head, 1) + gzip.compress(bytes(1 << 20), 1) * megabytes


def archived(kind: str, makes: dict[str, Change]) -> Callable[[int, Random, Path], Case]:
    """Each damage in turn: of the plain archive or of the compressed one."""

    def made(number: int, random: Random, whole: Path) -> Case:
        name = list(makes)[number % len(makes)]
        packed = number // len(makes) % 2 == 1 and kind == DAMAGES
        source = "phoenix.tar.gz" if packed else "phoenix.tar"

        def write(folder: Path) -> None:
            shutil.copy(whole / source, folder / source)
            data = (folder / source).read_bytes()
            (folder / source).write_bytes(makes[name](data, random))

        words = ("prepare", "phoenix14t", source, "out", "--size", "32", "--workers", "1")
        fine = {"bits flipped", "cut", "a piece misplaced", "of many levels", "of 100 kB", "to a folder outside"}
        outcomes = EITHER if name in fine else (REFUSED,)
        return Case(kind, f"{source}: {name}", words, source, write, outcomes)

    return made


DAMAGES = "archives, damaged"
