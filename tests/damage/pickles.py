"""Damaged and hostile pickles: CSL-Daily's labels, GFSLT-VLP's label files, checkpoints."""

from __future__ import annotations

import gzip
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import torch

from damage.cases import EITHER, REFUSED, SKIPPED, Case, cut, emptied, flipped, noise, shuffled

PREPARED = ("out", "--size", "32", "--workers", "1")
FEEDS = {
    "CSL-Daily": ("csl", "sentence_label/csl2020ct_v2.pkl", ("prepare", "csl-daily", "in", *PREPARED)),
    "GFSLT": ("labels", "labels.dev", ("prepare", "gfslt", "in", "SOURCE", *PREPARED, "--language", "de")),
    "checkpoint": ("checkpoint.pth", "", ("convert", "in", "out")),
}
Make = Callable[[bytes, Random], bytes]


class Runs:
    """What a pickle calls when it is read by a reader that calls."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def _code(value: Any, protocol: int = 2) -> Make:
    return lambda data, random: pickle.dumps(value, protocol)


def _opcodes(content: bytes) -> Make:
    return lambda data, random: content


CODE: dict[str, Make] = {
    "a shell": _code(Runs(os.system, "touch ran")),
    "a shell inside labels": _code({"info": [{"name": Runs(os.system, "touch ran")}]}),
    "exec": _code(Runs(exec, "open('ran', 'w')")),
    "eval at protocol 5": _code([Runs(eval, "open('ran', 'w')")], 5),
    "a file opened": _code(Runs(open, "ran", "w")),
    "an import": _opcodes(b"cantigravity\nfly\n."),
    "an old instance": _opcodes(b"(S'touch ran'\nios\nsystem\n."),
    "a stack global": _opcodes(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\ttouch ran\x85R."),
    "a persistent id": _opcodes(b"Pran\n."),
    "an extension": _opcodes(b"\x80\x02\x82\x01."),
    "tensors": lambda data, random: pickle.dumps({"a": torch.ones(2)}),
}
DEEP: dict[str, Make] = {
    "a million tuples": _opcodes(b"(" * 1_000_000 + b"t" * 1_000_000 + b"."),
    "100,000 lists": _opcodes(b"]" * 100_000 + b"a" * 99_999 + b"."),
    "a list within itself": _opcodes(b"]q\0h\0a."),
    "a dict within itself": _opcodes(b"}q\0X\1\0\0\0ah\0s."),
    "lists that double": _opcodes(b"](" + b"".join(b"2" for _ in range(60)) + b"e."),
    "tuples that double": _opcodes(b"N" + b"2\x86" * 60 + b"."),
    "marks without end": _opcodes(b"(" * 8_100_000),
}
LARGE: dict[str, Make] = {
    "8 million numbers": _opcodes(b"](" + b"K\1" * 8_000_000 + b"e."),
    "a text of 4 GiB": _opcodes(b"\x80\x04\x8d" + (1 << 32).to_bytes(8, "little") + b"x."),
    "a text of 2^63 bytes": _opcodes(b"\x80\x04\x8d" + b"\xff" * 8 + b"."),
    "a frame of 2^63 bytes": _opcodes(b"\x80\x04\x95" + b"\xff" * 8 + b"N."),
    "a number of 5,000 digits": _opcodes(b"L" + b"9" * 5000 + b"L\n."),
    "a number of a million bytes": _opcodes(b"\x80\x02\x8b" + (10**6).to_bytes(4, "little") + b"\1" * 10**6 + b"."),
    "a memory of 2^31 places": _opcodes(b"Nr\xff\xff\xff\x7f."),
    "keys that collide": lambda data, random: pickle.dumps({n * (2**61 - 1): n for n in range(20_000)}),
    "bomb": lambda data, random: gzip.compress(bytes(1 << 20) * 64, 1) * 8,
    "bomb of opcodes": lambda data, random: gzip.compress(b"]" * (1 << 20), 1) * 200,
}
DAMAGED: dict[str, Make] = {
    "cut": cut,
    "emptied": emptied,
    "bits flipped": flipped,
    "a piece misplaced": shuffled,
    "noise": noise,
    "text": lambda data, random: b"name,text\n1,hello\n",
    "half a gzip": lambda data, random: gzip.compress(data)[:30],
    "a list": _code([1, 2, 3]),
    "a number": _code(7),
    "no labels": _code({"info": None}),
    "labels of another kind": _code({"info": [3, "a", None]}),
    "rows that are no dicts": _code({"a": 3, "b": [1]}),
    "names upwards": _code({"../a": {"name": "../a", "text": "x", "video_path": "../secret.mp4"}}),
    "paths that are absolute": _code({"a": {"name": "a", "text": "x", "imgs_path": ["/etc/passwd"]}}),
    "paths that are numbers": _code({"a": {"name": "a", "text": "x", "video_path": 3, "imgs_path": [3]}}),
    "a NUL": _code({"a": {"name": "a\0b", "text": "x\0", "video_path": "one.mp4"}}),
    "a name of 10 MB": _code({"a": {"name": "a" * 10_000_000, "text": "x"}}),
    "a sentence of 10 MB": _code({"a": {"name": "a", "text": "x " * 5_000_000, "video_path": "one.mp4"}}),
    "escape sequences": _code({"\x1b[2J": {"name": "\x1b[2J", "text": "x", "video_path": "\x1b[2J"}}),
}


def pickled(kind: str, makes: dict[str, Make]) -> Callable[[int, Random, Path], Case]:
    """Each damage in turn, each reader in turn."""

    def made(number: int, random: Random, whole: Path) -> Case:
        name = list(makes)[number % len(makes)]
        feed = list(FEEDS)[(number + number // len(makes)) % len(FEEDS)]
        source, file, words = FEEDS[feed]

        def write(folder: Path) -> None:
            copy = shutil.copytree if (whole / source).is_dir() else shutil.copy
            copy(whole / source, folder / "in")
            path = folder / "in" / file
            data = path.read_bytes()
            plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" and random.random() < 0.5 else data
            path.write_bytes(makes[name](plain, random))

        words = tuple(str(whole / "source") if word == "SOURCE" else word for word in words)
        outcomes = EITHER if name in ("bits flipped", "a piece misplaced", "tensors") else (REFUSED,)
        if feed == "GFSLT" and name == "paths that are numbers":
            outcomes = (REFUSED, SKIPPED)
        return Case(kind, f"{feed}: {name}", words, Path(file).name or "in", write, outcomes)

    return made
