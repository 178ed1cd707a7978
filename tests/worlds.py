"""A world so small that everything trains in a second: a clip is a row of coloured frames, its text their colours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sign2gpt.common.config import build, dump_yaml
from sign2gpt.common.files import write_text
from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.glosses.pseudo_glosses import make_pseudo_glosses
from sign2gpt.data.writer import ClipSource, write_corpus
from sign2gpt.recipe import Recipe

COLOURS = {
    "rot": (220, 40, 40),
    "blau": (40, 40, 220),
    "grün": (40, 200, 40),
    "hell": (240, 240, 240),
    "gelb": (220, 220, 30),
}
SIZE, FRAMES_A_WORD = 32, 4
SMALL_DEMO = [
    "signing.train=16",
    "signing.dev=4",
    "signing.test=10",
    "signing.test_unseen_signer=2",
    "signing.size=32",
    "signing.tempo=2.5",
    "frames.size=32",
    "model.spatial.backbone_args={img_size: 32, embed_dim: 24}",
    "model.width=32",
    "model.mlp=32",
    "lm.epochs=1",
    "lm.width=32",
    "lm.layers=1",
    "pretrain.epochs=1",
    "train.epochs=1",
    "data.vectors.epochs=1",
    "evaluation.bootstrap=20",
]
"""Changes under which a demo takes seconds."""


def colours(words: list[str]) -> Iterator[np.ndarray]:
    """Frames (SIZE, SIZE, 3) of a clip that says ``words``."""
    for word in words:
        for place in range(FRAMES_A_WORD):
            frame = np.full((SIZE, SIZE, 3), COLOURS[word], np.uint8)
            frame[4 * place : 4 * place + 4] = 0
            yield frame


def write_world(folder: Path, train: int = 12, dev: int = 4) -> None:
    """Writes a corpus with its pseudo-glosses, and a language model."""
    from sign2gpt.training.language_model import train_language_model

    info = CorpusInfo(name="colours", language="de", frame_rate=25, size=SIZE, licence="CC0-1.0")
    sources = [_clip(split, number) for split, count in (("train", train), ("dev", dev)) for number in range(count)]
    write_corpus(folder / "corpus", info, sources, workers=1)
    world = recipe(folder)
    corpus = Corpus.open(folder / "corpus")
    make_pseudo_glosses(corpus, world.data).save(corpus.folder)
    train_language_model(world.lm, [row.text for row in corpus.rows("train")], seed=0)


def recipe(folder: Path, *overrides: str) -> Recipe:
    """The recipe of the world in ``folder``, which its outputs go to as well."""
    return build(Recipe, _values(folder), overrides)


def write_recipe(folder: Path, *overrides: str) -> Path:
    """The same as a file."""
    path = folder / "recipe.yaml"
    write_text(path, dump_yaml(recipe(folder, *overrides)))
    return path


def _clip(split: str, number: int) -> ClipSource:
    random = draw(0, split, number)
    words = random.choices(list(COLOURS), k=random.randint(2, 3))
    return ClipSource(split, f"{split}{number}", " ".join(words), partial(colours, words))


def _values(folder: Path) -> dict[str, Any]:
    stage = {"epochs": 2, "batch": 4, "precision": "fp32", "warmup_epochs": 0.5, "rate": 1e-3, "save_minutes": 0}
    vit = {"img_size": SIZE, "embed_dim": 16, "depth": 1, "num_heads": 2}
    return {
        "name": "colours",
        "data": {
            "corpus": f"{folder}/corpus",
            "tagger": "words",
            "max_share": 1.0,
            "vectors": {"dim": 8, "epochs": 2},
            "cache_gb": 0.01,
            "workers": 0,
        },
        "frames": {"size": SIZE, "stride": 1, "jitter": 2},
        "model": {
            "width": 16,
            "heads": 2,
            "mlp": 32,
            "layer_scale": 0.1,
            "spatial": {"backbone": "vit_tiny_patch16_224", "backbone_args": vit, "train": "full"},
            "prototypes": {"dim": 8},
            "decoder": {"language_model": f"{folder}/language_model"},
            "decoding": {"beams": 2, "max_ids": 8},
        },
        "lm": {
            "output": f"{folder}/language_model",
            "layers": 1,
            "width": 16,
            "heads": 2,
            "epochs": 2,
            "batch": 4,
        },
        "pretrain": {**stage, "output": f"{folder}/pretrain"},
        "train": {**stage, "output": f"{folder}/translate", "init": f"{folder}/pretrain"},
    }
