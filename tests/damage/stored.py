"""Damage of what sign2gpt itself has stored: files, what reads them, and what must come of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import torch
from worlds import recipe, write_world

from damage.cases import cut, emptied, shuffled
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import write_json
from sign2gpt.data.cache import FrameCache
from sign2gpt.data.corpus import CACHE, Corpus
from sign2gpt.data.shards.writer import write_shards
from sign2gpt.inference.bulk.outputs import BulkOutput, Features, Sentences
from sign2gpt.inference.bulk.runner import BulkJob, make_files
from sign2gpt.inference.translator import Translator
from sign2gpt.model.language.language_model import read_weights
from sign2gpt.model.language.tokenizer import Tokenizer
from sign2gpt.model.weights import fingerprint
from sign2gpt.pipeline import run_recipe
from sign2gpt.recipe import Recipe

REFUSED, HARMLESS, SILENT = "refused", "repaired or harmless", "SILENT"


def flipped(data: bytes, random: Random) -> bytes:
    """One bit turned over."""
    changed = bytearray(data)
    changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def zeroed(data: bytes, random: Random) -> bytes:
    """A block of zeros, as a disk writes where it lost one."""
    start = random.randrange(len(data))
    end = min(len(data), start + 512)
    return data[:start] + bytes(end - start) + data[end:]


DAMAGES = {
    "a bit flipped": flipped,
    "a block of zeros": zeroed,
    "cut": cut,
    "emptied": emptied,
    "a piece misplaced": shuffled,
}


@dataclass(frozen=True)
class Stored:
    """Files of a kind below a folder, by patterns, and what is made of them: the same bytes while they are whole."""

    name: str
    patterns: tuple[str, ...]
    read: Callable[[Path], object]

    def files(self, folder: Path) -> list[str]:
        found = (path for pattern in self.patterns for path in sorted(folder.glob(pattern)))
        return [str(path.relative_to(folder)) for path in found if path.is_file()]


def write_stored(folder: Path) -> None:
    """Fills a folder with a world, both its runs, cached frames and features, a stopped training, outputs, shards."""
    torch.set_num_threads(1)
    write_world(folder)
    world = recipe(folder)
    run_recipe(world, "pretrain")
    run = run_recipe(world, "train")
    write_shards(Corpus.open(folder / "corpus"), folder / "shards", 0.008, workers=1)
    shutil.copytree(run, folder / "stopped")
    (folder / "stopped" / "run.json").unlink()
    stopped = json.loads((run / "training.json").read_text()) | {"finished": False}
    write_json(folder / "stopped" / "training.json", stopped)
    for kind in STORED:
        if kind.name != "checkpoints":  # that would finish the stopped training
            kind.read(folder)


def outcome(kind: Stored, file: str, damage: str, random: Random, folder: Path, expected: object) -> str:
    """What becomes of one damage of one file of what `write_stored` wrote; the folder is as it may be afterwards."""
    path = folder / file
    before = path.stat()
    path.write_bytes(DAMAGES[damage](path.read_bytes(), random))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    try:
        found = kind.read(folder)
    except UserError as error:
        told = str(error)
        assert path.name in told or str(path.parent) in told, told
        assert all(line.startswith("  - ") for line in told.splitlines()[1:]), told
        return REFUSED
    return HARMLESS if found == expected else SILENT


def _translated(folder: Path) -> object:
    clip = min((folder / "corpus" / "dev").glob("*.mp4"))
    document = Translator.from_pretrained(folder / "translate", "cpu").translate(str(clip)).to_json()
    return {key: value for key, value in document.items() if key not in ("timings", "id")}


def _language_model(folder: Path) -> object:
    tokenizer = Tokenizer.open(folder / "language_model")
    return fingerprint(read_weights(folder / "language_model")), tokenizer.encode(["rot blau grün"])[0].tolist()


def _resumed(folder: Path) -> object:
    world = recipe(folder)
    run = trained(world, folder / "stopped")
    return (run / "model.safetensors").read_bytes()


def trained(world: Recipe, output: Path) -> Path:
    """The run of the recipe's training, in another folder."""
    world.train.output = str(output)
    return run_recipe(world, "train")


def _frames(folder: Path) -> object:
    corpus = Corpus.open(folder / "corpus")
    rows = corpus.rows("train")[:2]
    cache = FrameCache(corpus, rows, 1.0)
    cache.fill()
    found = [cache.read(row, range(row.num_frames)) for row in rows]
    return [None if frames is None else frames.tobytes() for frames in found]


def _features(folder: Path) -> object:
    world = recipe(folder, "train.freeze=[spatial, sign_encoder]", "train.epochs=1")
    shutil.rmtree(folder / "frozen", ignore_errors=True)
    run = trained(world, folder / "frozen")
    return (run / "model.safetensors").read_bytes()


def _made(product: BulkOutput, out: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        videos = {path.name: path for path in sorted((folder / "corpus" / "dev").glob("*.mp4"))[:2]}
        make_files(BulkJob(str(folder / "translate"), "cpu", product, folder / out), videos, 1)
        made = sorted(path for path in (folder / out).glob("*") if path.suffix in (".json", ".jsonl", ".safetensors"))
        return {path.name: path.read_bytes() for path in made if path.name != "made_from.json"}

    return read


def _shards(folder: Path) -> object:
    corpus = Corpus.open(folder / "shards")
    rows = [row for split in corpus.splits for row in corpus.rows(split)]
    clips = [row.path.read_bytes() for row in rows if not isinstance(row.path, Path)]
    return corpus.info, [(replace(row, path=Path(row.id)), clip) for row, clip in zip(rows, clips, strict=True)]


STORED = [
    Stored("run", ("translate/*.json", "translate/*.yaml", "translate/*.safetensors"), _translated),
    Stored("run's tokenizer and sums", ("translate/language_model/*", "translate/SHA256SUMS"), _translated),
    Stored("language model", ("language_model/*.safetensors", "language_model/*r.json"), _language_model),
    Stored("checkpoints", ("stopped/checkpoints/*/*",), _resumed),
    Stored("cached frames", (f"corpus/{CACHE}/frames/train/train[01].rgb",), _frames),
    Stored("cached features", (f"corpus/{CACHE}/features/*",), _features),
    Stored("bulk", ("sentences/*",), _made(Sentences(), "sentences")),
    Stored("features", ("z/*",), _made(Features(), "z")),
    Stored("shards", ("shards/*.*", "shards/*/*.csv"), _shards),
]
