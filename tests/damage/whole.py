"""The healthy inputs that cases damage: one small example of everything that a command reads."""

from __future__ import annotations

import gzip
import json
import pickle
import shutil
import struct
from pathlib import Path

import torch
import worlds
from csl_release import Signed, write_release
from pictures import ramp
from releases import FRAMES, ROOT, packed, png
from safetensors.torch import load_file

from sign2gpt.video.encode import write_clip

CLIPS = ("train", "dev", "test")
PHOENIX = "name|video|start|end|speaker|orth|translation"
HOW2SIGN = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE"
CSL = [Signed(f"S{n:06}_P0001_T00", split, ["你", "好"], "你好！", 3) for n, split in enumerate(CLIPS)]


def write_whole(folder: Path, world: Path) -> None:
    """Fills ``folder``; ``world`` holds a corpus and trained runs."""
    for name in ("corpus", "pretrain", "translate", "language_model"):
        shutil.copytree(world / name, folder / name)
    worlds.write_recipe(folder, "lm.output=out/lm", "pretrain.output=out/pretrain", "train.output=out/train")
    frames = ramp(12, step=18)
    for name in ("clip.mp4", "clip.mkv", "clip.avi", "clip.ts"):
        write_clip(folder / name, frames, 25)
    _source(folder / "source", folder / "clip.mp4")
    _how2sign(folder / "how2sign", folder / "clip.mp4")
    _phoenix(folder / "phoenix")
    _annotated(folder / "annotated", folder / "phoenix" / ROOT / "annotations" / "manual")
    for name in ("phoenix.tar", "phoenix.tar.gz"):
        packed(folder / "phoenix", folder / name)
    write_release(folder / "csl", CSL, [clip.name for clip in CSL])
    _gfslt(folder / "labels")
    (folder / "record.json").write_text(json.dumps(record(), ensure_ascii=False), encoding="utf-8")
    (folder / "lines.txt").write_text("am montag regen\nim norden wind\n", encoding="utf-8")
    torch.save(load_file(folder / "translate" / "model.safetensors"), folder / "checkpoint.pth")
    _vectors(folder)


def record() -> dict[str, object]:
    """A minimal results file, of version 3."""
    bounds = {"score": 50.0, "low": 40.0, "high": 60.0, "signature": "x"}
    sentence = {"id": "a", "signer": "", "reference": "rot blau gelb hell", "english": "", "hypothesis": "rot blau"}
    sentence |= {"log_probability": -1.0, "pseudo_glosses": None, "targets": None, "in_train": False}
    corpus = dict.fromkeys(("name", "language", "licence", "notice", "split", "metadata_sha256"), "x")
    return {
        "format": 3,
        **dict.fromkeys(("name", "notes", "run", "text_only_sentence"), "x"),
        "system": {},
        "corpus": corpus | {"split": "test"},
        "recipe": {"model": {"decoding": {"beams": 2}}},
        "seed": 0,
        "protocol": "plain",
        "bootstrap": 10,
        "confidence": 0.95,
        "counts": {"sentences": 1},
        "scores": {"bleu4": bounds},
        "beside": {},
        "parts": {},
        "controls": {},
        "timings": {},
        "sentences": [sentence],
    }


def _source(folder: Path, clip: Path) -> None:
    folder.mkdir()
    for name in ("one.mp4", "bad.mp4"):
        shutil.copy(clip, folder / name)
    for split in CLIPS:
        rows = [f"{split}1\tone.mp4\teins\t0\n", f"{split}2\tbad.mp4\tzwei\t0\n"]
        (folder / f"{split}.tsv").write_text("id\tvideo\ttext\tstart\n" + "".join(rows))


def _how2sign(folder: Path, clip: Path) -> None:
    for split in ("train", "val", "test"):
        rows = [f"{name}\t{name}\t0\t{name}_0-1-rgb_front\t0\t0.4\tHello.\n" for name in (f"{split}1", f"{split}2")]
        (folder / split).mkdir(parents=True)
        (folder / f"how2sign_realigned_{split}.csv").write_text(HOW2SIGN + "\n" + "".join(rows))
        for name in (f"{split}1", f"{split}2"):
            shutil.copy(clip, folder / split / f"{name}.mp4")


def _phoenix(folder: Path) -> None:
    tables = folder / ROOT / "annotations" / "manual"
    tables.mkdir(parents=True)
    for split in CLIPS:
        rows = [f"{split}{n}|{split}{n}/1/*.png|-1|-1|Signer01|REGEN|am montag regen\n" for n in (1, 2)]
        (tables / f"PHOENIX-2014-T.{split}.corpus.csv").write_text(PHOENIX + "\n" + "".join(rows))
        for n in (1, 2):
            images = folder / ROOT / FRAMES / split / f"{split}{n}"
            images.mkdir(parents=True)
            for number in range(1, 4):
                (images / f"images{number:04}.png").write_bytes(png(number, width=48, height=64))


def _annotated(folder: Path, tables: Path) -> None:
    """The release's tables alone, and one of lengths for each."""
    shutil.copytree(tables, folder)
    for split in CLIPS:
        (folder / f"frames.{split}.tsv").write_text(f"name\tnum_frames\n{split}1\t3\n{split}2\t3\n")


def _gfslt(folder: Path) -> None:
    folder.mkdir()
    for split in CLIPS:
        rows = {f"{split}/{n}": {"name": f"{split}/{n}", "text": "satz", "video_path": "one.mp4"} for n in (1, 2)}
        (folder / f"labels.{split}").write_bytes(gzip.compress(pickle.dumps(rows)))


def _vectors(folder: Path) -> None:
    """Vectors of the world's words as fastText stores them: text, and its binary form without n-grams."""
    words = sorted(worlds.COLOURS)
    lines = [f"{len(words)} 8", *(f"{word} {' '.join(['0.5'] * 8)}" for word in words)]
    (folder / "words.vec").write_text("\n".join(lines) + "\n", encoding="utf-8")
    header = struct.pack("<14id3i2q", 793_712_314, 12, 8, *[1] * 7, 0, 0, 0, 1, 1e-4, len(words), len(words), 0, 9, 0)
    entries = b"".join(word.encode() + b"\0" + struct.pack("<qb", 1, 0) for word in words)
    matrix = struct.pack("<?2q", False, len(words), 8) + struct.pack("<8f", *[0.5] * 8) * len(words)
    (folder / "words.bin").write_bytes(header + entries + matrix)
