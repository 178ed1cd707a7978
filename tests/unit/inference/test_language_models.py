"""A run of another family than XGLM trains, is saved, and translates, here and where its language model is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from families import write_bytes, write_family
from safetensors import safe_open
from worlds import recipe

from sign2gpt.data.corpus import Corpus
from sign2gpt.inference.translator import Translator
from sign2gpt.pipeline import job_of, run_recipe, stage_of
from sign2gpt.systems import load_run
from sign2gpt.systems.sign2gpt.model import Sign2GPT
from sign2gpt.training import preflight


@pytest.fixture
def place(world: Path, tmp_path: Path) -> Path:
    """A copy of the world, without what was trained in it."""
    shutil.copytree(world / "corpus", tmp_path / "corpus")
    shutil.copytree(world / "pretrain", tmp_path / "pretrain")
    return tmp_path


@pytest.mark.parametrize(("family", "whole"), [("qwen2", "auto"), ("gpt2", "no")])
def test_it_trains_is_saved_and_translates(family: str, whole: str, place: Path):
    corpus = Corpus.open(place / "corpus")
    folder = place / "language_model"
    folder.mkdir()
    tokens = write_bytes(folder, [row.text for row in corpus.rows("train")])
    write_family(folder, family, vocab_size=tokens + 5)
    made = recipe(place, "train.epochs=1", f"save.whole='{whole}'")
    assert preflight.check(stage_of(made, "train"), job_of(made), made.train).problems == []
    run = run_recipe(made, "train")

    clips = corpus.rows("dev")
    sentence = Translator.from_pretrained(run, "cpu").translate(clips[0].path).text
    assert isinstance(sentence, str)
    loaded = load_run(run)
    assert isinstance(loaded.model, Sign2GPT)
    tokenizer, decoder = loaded.model.tokenizer, loaded.model.decoder
    assert tokenizer is not None
    assert decoder is not None
    for row in clips:
        ids, labels = tokenizer.encode([row.text])
        assert ids[0, 0] == 0
        assert tokenizer.decode([int(i) for i in labels[0]][:-1]) == row.text
    assert json.loads((run / "language_model" / "config.json").read_text())["model_type"] == family
    moved = [name for name, value in decoder.named_parameters() if name.endswith("lora.q.b") and value.any()]
    assert moved, "adapters have learned"
    if whole == "auto":
        shutil.rmtree(folder)
        assert Translator.from_pretrained(run, "cpu").translate(clips[0].path).text == sentence
    else:
        with safe_open(run / "model.safetensors", "pt") as stored:
            assert not {f"decoder.{name}" for name in decoder.frozen_names} & set(stored.keys())
