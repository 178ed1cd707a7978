"""Weights with lying headers, and run folders whose parts are damaged."""

from __future__ import annotations

import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from damage.cases import BINARY, EITHER, REFUSED, Case, Change, instead

Header = dict[str, Any]


def _length(length: int) -> Change:
    """The header's length, told wrong."""
    return lambda data, random: struct.pack("<Q", length) + data[8:]


def _header(change: Callable[[Header, str], object]) -> Change:
    """The header changed; ``change`` is given it and the name of a tensor in it."""

    def made(data: bytes, random: Random) -> bytes:
        length = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + length])
        change(header, random.choice(sorted(set(header) - {"__metadata__"})))
        return _written(json.dumps(header).encode(), data[8 + length :])

    return made


def _written(header: bytes, tensors: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + tensors


def _text(header: bytes) -> Change:
    return lambda data, random: _written(header, bytes(64))


def _entry(**changes: Any) -> Change:
    return _header(lambda header, name: header[name].update(changes))


LYING: dict[str, Change] = {
    "a length of 2^63": _length(2**63),
    "a length of 2^64 - 1": _length(2**64 - 1),
    "a length of 90 MB": _length(90_000_000),
    "a length of 0": _length(0),
    "a length of 10": _length(10),
    "a shape of 2^40": _entry(shape=[2**40, 2**40]),
    "a shape below 0": _entry(shape=[-1]),
    "a shape of text": _entry(shape="many"),
    "an unknown type": _entry(dtype="F7"),
    "places behind the end": _entry(data_offsets=[2**40, 2**40 + 4]),
    "places that go back": _entry(data_offsets=[100, 0]),
    "places of one another": _entry(data_offsets=[0, 4]),
    "a tensor less": _header(lambda header, name: header.pop(name)),
    "a tensor of another name": _header(lambda header, name: header.update({name + "_": header.pop(name)})),
    "a list": _text(b"[]"),
    "deep": _text(b"[" * 100_000),
    "deep keys": _text(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "no UTF-8": _text(b"\xff\xfe{}"),
    "numbers of 5,000 digits": _text(b'{"a":{"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,4]}}'),
    "an empty header": _text(b"{}"),
}
DAMAGED: dict[str, Change] = {
    **BINARY,
    "text": instead(b"404 Not Found\n"),
    "a zip of nothing": instead(b"PK\x05\x06" + bytes(18)),
}


def _zip_bomb(data: bytes, random: Random) -> bytes:
    """A checkpoint of which a part is 300 MB of zeros."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("archive/data.pkl", bytes(300 << 20))
    return held.getvalue()


FILES = {
    "run": ("translate", "model.safetensors", ("translate", "in", "CLIP")),
    "init": ("pretrain", "model.safetensors", ("train", "RECIPE", "--set", "train.init=in")),
    "XGLM": ("language_model", "model.safetensors", ("convert", "in", "out")),
}
CHECKPOINTS: dict[str, Change] = {**DAMAGED, "a zip bomb": _zip_bomb}


def tensors(kind: str, changes: dict[str, Change]) -> Callable[[int, Random, Path], Case]:
    """Each damage in turn, each file of weights in turn."""

    def made(number: int, random: Random, whole: Path) -> Case:
        name = list(changes)[number % len(changes)]
        source, file, words = FILES[list(FILES)[(number + number // len(changes)) % len(FILES)]]

        def write(folder: Path) -> None:
            shutil.copytree(whole / source, folder / "in")
            path = folder / "in" / file
            if not path.exists():
                shutil.copy(whole / "translate" / file, path)
            path.write_bytes(changes[name](path.read_bytes(), random))

        places = {"CLIP": str(whole / "clip.mp4"), "RECIPE": str(whole / "recipe.yaml")}
        outcomes = EITHER if name in ("bits flipped", "a piece misplaced", "a tensor less") else (REFUSED,)
        words = tuple(places.get(word, word) for word in words)
        return Case(kind, f"{source}/{file}: {name}", words, "in", write, outcomes)

    return made


def checkpoints(kind: str) -> Callable[[int, Random, Path], Case]:
    """The official implementation's checkpoints, as `convert` reads them."""

    def made(number: int, random: Random, whole: Path) -> Case:
        name = list(CHECKPOINTS)[number % len(CHECKPOINTS)]

        def write(folder: Path) -> None:
            data = (whole / "checkpoint.pth").read_bytes()
            (folder / "in.pth").write_bytes(CHECKPOINTS[name](data, random))

        return Case(kind, f"checkpoint: {name}", ("convert", "in.pth", "out"), "in.pth", write)

    return made
