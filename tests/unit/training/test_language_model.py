from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sign2gpt.common.errors import UserError
from sign2gpt.model.language.tokenizer import Tokenizer
from sign2gpt.training.claim import State
from sign2gpt.training.config import LanguageModelConfig
from sign2gpt.training.language_model import train_language_model

TEXTS = [f"am {day} regnet es {place} ." for day in ("montag", "dienstag", "übermorgen") for place in ("hier", "dort")]


def config(folder: Path, **changes) -> LanguageModelConfig:
    small = {"layers": 1, "width": 16, "heads": 2, "epochs": 2, "batch": 4, "vocabulary": 60}
    return LanguageModelConfig(output=str(folder), **(small | changes))


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_plain_transformers_reads_it_and_gives_texts_back(tmp_path: Path, kind: str) -> None:
    assert train_language_model(config(tmp_path / "lm", tokenizer=kind), TEXTS, seed=0) is State.NEW
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "lm")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "lm")
    for text in TEXTS:
        ids = tokenizer(text).input_ids
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
        assert model(torch.tensor([ids])).logits.shape == (1, len(ids), len(tokenizer))
    assert (model.config.eos_token_id, model.config.pad_token_id) == (2, 1)
    assert (tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id) == (2, 1, 3)


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_the_decoder_reads_its_tokenizer(tmp_path: Path, kind: str) -> None:
    train_language_model(config(tmp_path / "lm", tokenizer=kind), TEXTS, seed=0)
    tokenizer = Tokenizer.open(tmp_path / "lm")
    ids, labels = tokenizer.encode(TEXTS)
    assert (ids[:, 0] == 2).all()
    for text, row in zip(TEXTS, labels, strict=True):
        real = [int(i) for i in row if i >= 0]
        assert real[-1] == 2
        assert tokenizer.decode(real[:-1]) == text


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        train_language_model(config(tmp_path / name), TEXTS, seed=3)
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two


def test_it_learns_its_sentences(tmp_path: Path) -> None:
    train_language_model(config(tmp_path / "lm", epochs=60, dropout=0.0, rate=1e-2), TEXTS, seed=0)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "lm")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "lm").eval()
    start = [2, *tokenizer("am montag regnet es").input_ids]
    following = model(torch.tensor([start])).logits[0, -1].topk(2).indices
    assert set(tokenizer.convert_ids_to_tokens(following)) == {"hier", "dort"}


def test_a_finished_one_is_told_and_others_are_refused(tmp_path: Path) -> None:
    train_language_model(config(tmp_path / "lm"), TEXTS, seed=0)
    before = (tmp_path / "lm" / "model.safetensors").stat().st_mtime_ns
    assert train_language_model(config(tmp_path / "lm"), TEXTS, seed=0) is State.FINISHED
    assert (tmp_path / "lm" / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(UserError, match=r"lm\.epochs 2 -> 3"):
        train_language_model(config(tmp_path / "lm", epochs=3), TEXTS, seed=0)
    with pytest.raises(UserError, match="no text"):
        train_language_model(config(tmp_path / "empty"), [" "], seed=0)
