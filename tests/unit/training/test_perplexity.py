from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sign2gpt.common.errors import UserError
from sign2gpt.training.config import LanguageModelConfig
from sign2gpt.training.language_model import train_language_model
from sign2gpt.training.perplexity import perplexity

TEXTS = ["am montag regnet es", "am dienstag", "es regnet am dienstag im norden", "im norden"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lm") / "model"
    config = LanguageModelConfig(output=str(path), layers=1, width=16, heads=2, epochs=3, batch=2, vocabulary=60)
    train_language_model(config, TEXTS, seed=0)
    return path


def test_it_is_the_mean_of_what_transformers_gives_each_sentence_alone(folder: Path) -> None:
    texts = ["im norden regnet es am dienstag", "am montag", "es"]
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    loss, tokens = 0.0, 0
    for text in texts:
        ids = [2, *tokenizer(text).input_ids, 2]
        with torch.inference_mode():
            logits = model(torch.tensor([ids[:-1]])).logits[0]
        loss -= float(logits.log_softmax(-1)[range(len(ids) - 1), ids[1:]].sum())
        tokens += len(ids) - 1
    found = perplexity(folder, texts)
    assert found.per_token == pytest.approx(math.exp(loss / tokens), rel=1e-4)
    assert found.per_unit == pytest.approx(found.per_token, rel=1e-9)  # a word is a token
    assert (found.sentences, found.unit, found.units, found.unknown) == (3, "word", 9, 0)


def test_unknown_words_are_told(folder: Path) -> None:
    assert perplexity(folder, ["am freitag", "am montag"]).unknown == pytest.approx(1 / 6)


def test_text_that_it_was_trained_on_is_foreseen_better(folder: Path) -> None:
    assert perplexity(folder, TEXTS).per_unit < perplexity(folder, ["norden im es dienstag am"]).per_unit


def test_text_without_blanks_is_counted_by_characters(tmp_path: Path) -> None:
    texts = ["今天天气很好。", "他今天不打车。"]
    config = LanguageModelConfig(
        output=str(tmp_path / "lm"), layers=1, width=16, heads=2, epochs=1, batch=2, vocabulary=60
    )
    train_language_model(config, texts, seed=0)
    found = perplexity(tmp_path / "lm", texts)
    assert (found.unit, found.units) == ("character", 14)
    assert " a character, " in str(found)


def test_no_text_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="no text"):
        perplexity(folder, [" "])
