"""Tiny decoders and language models with weights in which every term matters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer as Backend
from tokenizers import models, pre_tokenizers

from sign2gpt.model.language.gated_decoder import GatedDecoder
from sign2gpt.model.language.gated_layer import LoraArgs
from sign2gpt.model.language.language_model import LanguageModelSizes

FEATURES = 12
SIZES = LanguageModelSizes(vocabulary=19, width=16, mlp=32, layers=2, heads=4, pad_id=1, end_id=2)


@pytest.fixture
def make_decoder() -> Callable[..., GatedDecoder]:
    """Builds a decoder; all that trains is drawn too, unless ``fresh``."""

    def make(seed: int = 0, *, fresh: bool = False, new_tokens: int = 0, positions: str = "sinusoidal") -> GatedDecoder:
        torch.manual_seed(seed)
        lora = LoraArgs(rank=2, alpha=4.0, dropout=0.1, init_std=0.2)
        decoder = GatedDecoder(
            SIZES,
            features=FEATURES,
            lora=lora,
            cross_lora=lora,
            memory_positions=positions,  # type: ignore[arg-type]
            memory_tokens=5,
            start_id=SIZES.end_id,
            end_id=SIZES.end_id,
            new_tokens=new_tokens,
        )
        decoder.draw_language_model()
        if not fresh:
            for parameter in decoder.parameters():
                parameter.data += torch.randn_like(parameter) * 0.3
        return decoder.eval()

    return make


@pytest.fixture
def language_model(tmp_path: Path) -> Path:
    """A folder with a tokenizer of words and the sizes of a language model, no weights."""
    folder = tmp_path / "words"
    folder.mkdir()
    words = ["<s>", "<pad>", "</s>", "<unk>", *"abcdefgh"]
    backend = Backend(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()  # type: ignore[assignment]
    backend.add_special_tokens(["<s>", "<pad>", "</s>"])
    backend.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(SIZES.to_config()))
    return folder
