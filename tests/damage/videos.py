"""Damaged videos and images, fed to every command that decodes."""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

from releases import FRAMES, ROOT, png

from damage.cases import (
    EITHER,
    HARMLESS,
    REFUSED,
    SKIPPED,
    Case,
    Damage,
    cut,
    emptied,
    flipped,
    flipped_early,
    instead,
    noise,
    shuffled,
)

PREPARED = ("out", "--size", "32", "--workers", "1")
LISTS = {
    "playlist": b"#EXTM3U\n#EXTINF:1,\n../secret.mp4\n#EXT-X-ENDLIST\n",
    "concat script": b"ffconcat version 1.0\nfile ../secret.mp4\n",
    "session description": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "manifest": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>',
}


def huge_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A few bytes that claim 3.6 thousand million pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    picture = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + picture


HUGE = {
    "png": huge_png(),
    "gif": b"GIF89a\xff\xff\xff\xff\xf0\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0;",
    "bmp": b"BM" + struct.pack("<3I3I2H6I", 999, 0, 54, 40, 50_000, 50_000, 1, 24, 0, 999, 0, 0, 0, 0) + bytes(945),
}


def patched(box: bytes, offset: int, content: bytes) -> Callable[[bytes, Random], bytes]:
    """Other numbers in a box of an MP4 file; ``offset`` counts from behind its name."""

    def change(data: bytes, random: Random) -> bytes:
        at = data.index(box) + 4 + offset
        return data[:at] + content + data[at + len(content) :]

    return change


CUT = [Damage("cut", cut)]
EMPTY = [Damage("emptied", emptied)]
FLIPPED = [
    Damage("bits flipped", flipped, EITHER),
    Damage("bits flipped at its begin", flipped_early, EITHER),
    Damage("a piece misplaced", shuffled, EITHER),
]
RENAMED = [
    Damage("text", instead(b"no video\n" * 100)),
    Damage("zip", instead(b"PK\x03\x04" + bytes(500))),
    Damage("noise", noise),
    Damage("page", instead(b"<!doctype html><title>404 Not Found</title>")),
    Damage("picture", instead(png(1, width=48, height=64)), EITHER),
    *(Damage(name, instead(content)) for name, content in LISTS.items()),
]
HEADERS = [
    *(Damage(f"a {name} of a thousand million pixels", instead(content)) for name, content in HUGE.items()),
    Damage("box of 2^63 bytes", patched(b"ftyp", -8, struct.pack(">I4sQ", 1, b"ftyp", 2**63)), EITHER),
    Damage("sides of 65535", patched(b"avc1", 24, b"\xff" * 4), EITHER),
    Damage("2^31 samples", patched(b"stsz", 4, struct.pack(">2I", 9, 2**31 - 1)), EITHER),
    Damage("50 million samples", patched(b"stsz", 4, struct.pack(">2I", 9, 50_000_000)), EITHER),
    Damage("frames of a year", patched(b"stts", 8, struct.pack(">2I", 12, 2**31 - 1)), EITHER),
    Damage("2^31 frames of one time", patched(b"stts", 8, struct.pack(">2I", 2**31 - 1, 1)), EITHER),
    Damage("a second of no ticks", patched(b"mdhd", 12, bytes(4)), EITHER),
    Damage("a second of 2^32 ticks", patched(b"mdhd", 12, b"\xff" * 4), EITHER),
    Damage("chunks behind the end", patched(b"stco", 8, b"\xff" * 4), EITHER),
]


def video(kind: str, damages: list[Damage]) -> Callable[[int, Random, Path], Case]:
    """A family: each damage in turn, each way of feeding it in turn."""

    def made(number: int, random: Random, whole: Path) -> Case:
        damage = damages[number % len(damages)]
        feed = FEEDS[(number + number // len(damages)) % len(FEEDS)]
        return feed(kind, damage, random, whole)

    return made


def _damage(path: Path, damage: Damage, random: Random) -> None:
    path.write_bytes(damage.change(path.read_bytes(), random))


def _translated(kind: str, damage: Damage, random: Random, whole: Path) -> Case:
    suffix = random.choice(["mp4", "mp4", "mkv", "avi", "ts"])
    suffix = "mp4" if damage in HEADERS else suffix

    def write(folder: Path) -> None:
        shutil.copy(whole / f"clip.{suffix}", folder / f"bad.{suffix}")
        _damage(folder / f"bad.{suffix}", damage, random)

    words = ("translate", str(whole / "translate"), f"bad.{suffix}")
    outcomes = EITHER if damage in CUT and suffix != "mp4" else damage.outcomes  # their index comes last
    return Case(kind, f"{suffix}: {damage.name}, translated", words, f"bad.{suffix}", write, outcomes)


def _prepared(kind: str, damage: Damage, random: Random, whole: Path) -> Case:
    allowed = random.random() < 0.5

    def write(folder: Path) -> None:
        shutil.copytree(whole / "source", folder / "in")
        _damage(folder / "in" / "bad.mp4", damage, random)

    words = ("prepare", "folder", "in", *PREPARED, "--language", "de", *(["--allow-missing"] if allowed else []))
    return Case(kind, f"mp4: {damage.name}, prepared", words, "bad.mp4", write, _allowed(damage, allowed))


def _cut_out(kind: str, damage: Damage, random: Random, whole: Path) -> Case:
    allowed = random.random() < 0.5

    def write(folder: Path) -> None:
        shutil.copytree(whole / "how2sign", folder / "in")
        _damage(folder / "in" / "train" / "train2.mp4", damage, random)

    words = ("prepare", "how2sign", "in", *PREPARED, *(["--allow-missing"] if allowed else []))
    outcomes = _allowed(damage, allowed)
    if damage in CUT:
        outcomes = (*outcomes, HARMLESS)  # a sentence before the place of the cut is whole
    return Case(kind, f"mp4: {damage.name}, of How2Sign", words, "train2", write, outcomes)


def _checked(kind: str, damage: Damage, random: Random, whole: Path) -> Case:
    def write(folder: Path) -> None:
        shutil.copytree(whole / "corpus", folder / "in")
        _damage(folder / "in" / "dev" / "dev1.mp4", damage, random)

    return Case(
        kind, f"mp4: {damage.name}, checked", ("check", "in", "--workers", "1"), "dev1.mp4", write, damage.outcomes
    )


def _evaluated(kind: str, damage: Damage, random: Random, whole: Path) -> Case:
    def write(folder: Path) -> None:
        shutil.copytree(whole / "corpus", folder / "in")
        _damage(folder / "in" / "dev" / "dev1.mp4", damage, random)

    words = ("evaluate", str(whole / "translate"), "--corpus", "in", "--split", "dev", "-o", "out.json")
    return Case(kind, f"mp4: {damage.name}, evaluated", words, "dev1.mp4", write, damage.outcomes)


def _imaged(kind: str, damage: Damage, random: Random, whole: Path) -> Case:
    """One image of a clip, of either release."""
    allowed, png_kind = random.random() < 0.5, random.random() < 0.5
    name, clip = ("phoenix", f"{ROOT}/{FRAMES}/dev/dev2/images0002.png") if png_kind else ("csl", "")
    clip = clip or "sentence/frames_512x512/S000001_P0001_T00/000001.jpg"

    def write(folder: Path) -> None:
        shutil.copytree(whole / name, folder / "in")
        path = folder / "in" / clip
        data = path.read_bytes()
        path.write_bytes(HUGE["png"] if damage in HEADERS else damage.change(data, random))

    command = {"phoenix": "phoenix14t", "csl": "csl-daily"}[name]
    words = ("prepare", command, "in", *PREPARED, *(["--allow-missing"] if allowed else []))
    outcomes = _allowed(damage, allowed)
    if damage in HEADERS:
        outcomes = (SKIPPED,) if allowed else (REFUSED,)
    elif name == "csl" and damage in CUT:
        outcomes = (*outcomes, HARMLESS)  # FFmpeg shows the part of a JPEG that is there
    return Case(kind, f"{Path(clip).suffix[1:]}: {damage.name}", words, Path(clip).name, write, outcomes)


def _allowed(damage: Damage, allowed: bool) -> tuple[str, ...]:
    return tuple(SKIPPED if allowed and outcome == REFUSED else outcome for outcome in damage.outcomes)


FEEDS = [_translated, _prepared, _imaged, _checked, _cut_out, _evaluated]
