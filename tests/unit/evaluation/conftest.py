"""A tiny world: a rendered corpus and a run trained on it for a moment, so that evaluation meets real files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sign2gpt.common.config import build
from sign2gpt.data.corpus import Corpus, CorpusInfo
from sign2gpt.data.glosses.pseudo_glosses import make_pseudo_glosses
from sign2gpt.data.writer import ClipSource, write_corpus
from sign2gpt.inference.translator import Translator
from sign2gpt.pipeline import run_recipe
from sign2gpt.recipe import Recipe
from sign2gpt.signing.clips import signed_clips
from sign2gpt.training.language_model import train_language_model

SMALL = {
    "name": "tiny",
    "notes": "Synthetic; trained for a moment.",
    "signing": {"train": 8, "dev": 2, "test": 12, "test_unseen_signer": 0, "signers": 2, "size": 32},
    "data": {"tagger": "words", "workers": 0, "vectors": {"dim": 8, "epochs": 1, "bucket": 100}},
    "frames": {"size": 32, "stride": 4, "augment": {"flip_p": 0}},
    "model": {
        "width": 16,
        "heads": 2,
        "mlp": 16,
        "layers": [1, 1],
        "spatial": {
            "backbone": "vit_tiny_patch16_224",
            "backbone_args": {"embed_dim": 8, "depth": 1, "num_heads": 1},
            "train": "full",
        },
        "prototypes": {"dim": 8, "place_threshold": 0.001},
        "decoding": {"beams": 2, "max_ids": 8},
    },
    "lm": {"layers": 1, "width": 16, "heads": 2, "epochs": 1},
    "pretrain": {"epochs": 1, "precision": "fp32"},
    "train": {"epochs": 1, "precision": "fp32"},
    "evaluation": {"bootstrap": 20},
}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """The recipe of the tiny world; its corpus and its run are there."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("tiny")
    places = {
        "data.corpus": folder / "corpus",
        "model.decoder.language_model": folder / "language_model",
        "lm.output": folder / "language_model",
        "pretrain.output": folder / "pretrain",
        "train.output": folder / "translate",
        "train.init": folder / "pretrain",
    }
    recipe = build(Recipe, SMALL, [f"{key}={path}" for key, path in places.items()])
    _render(recipe)
    corpus = Corpus.open(recipe.data.corpus)
    make_pseudo_glosses(corpus, recipe.data).save(corpus.folder)
    train_language_model(recipe.lm, [row.text for row in corpus.rows("train")], recipe.seed)
    run_recipe(recipe, "pretrain")
    run_recipe(recipe, "train")
    return recipe


@pytest.fixture(scope="session")
def corpus(tiny: Recipe) -> Corpus:
    return Corpus.open(tiny.data.corpus)


@pytest.fixture(scope="session")
def translator(tiny: Recipe) -> Translator:
    return Translator.from_pretrained(Path(tiny.train.output), "cpu")


def _render(recipe: Recipe) -> None:
    assert recipe.signing is not None
    info = CorpusInfo(
        name="tiny weather",
        language="de",
        frame_rate=recipe.signing.frame_rate,
        size=recipe.signing.size,
        licence="CC0-1.0",
        notice="Invented signs, not a sign language.",
    )
    sources = [
        ClipSource(
            clip.split,
            clip.id,
            clip.script.text,
            clip.frames,
            clip.signer,
            glosses=" ".join(clip.script.glosses),
            extra={"english": clip.script.english},
        )
        for clip in signed_clips(recipe.signing)
    ]
    write_corpus(Path(recipe.data.corpus), info, sources, workers=1)
