"""How well a language model foresees text that it was not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch.nn import functional as F
from transformers import XGLMForCausalLM

from sign2gpt.common.config import Config
from sign2gpt.common.errors import UserError
from sign2gpt.common.progress import track
from sign2gpt.metrics.protocols import without_blanks
from sign2gpt.model.config import DecoderConfig
from sign2gpt.model.language.tokenizer import IGNORED, Tokenizer
from sign2gpt.training.language_model import UNKNOWN

BATCH = 32
LONGEST = 1024


class Perplexity(Config):
    """Of a text's sentences, each with its end. An unknown word costs what its one token costs, so a word model with
    many of them looks better than it is: ``unknown`` stands beside the figures. A unit is a word, or a character where
    words have no blanks between them."""

    sentences: int
    unit: Literal["word", "character"]
    units: int
    per_unit: float
    per_token: float
    unknown: float
    """Share of the tokens that the vocabulary lacks, 0..1."""

    def __str__(self) -> str:
        return (
            f"perplexity {self.per_unit:.1f} a {self.unit}, {self.per_token:.1f} a token, {self.unknown:.1%} of them "
            f"unknown; {self.sentences:,} sentences"
        )


@torch.inference_mode()
def perplexity(folder: Path, texts: Sequence[str]) -> Perplexity:
    """The perplexity of ``texts`` under the XGLM in ``folder``: ``exp`` of the mean negative log-likelihood.

    The ends of sentences are foreseen too and count as a unit and a token each.

    Raises:
        UserError: there is no text, or the folder holds no XGLM.
    """
    texts = [text for text in texts if text.strip()]
    if not texts:
        raise UserError("there is no text to take a perplexity of")
    tokenizer = Tokenizer.open(folder, DecoderConfig(max_ids=LONGEST))
    model = XGLMForCausalLM.from_pretrained(folder, use_safetensors=True, local_files_only=True).eval()
    unknown_id = tokenizer.backend.token_to_id(UNKNOWN)
    loss, tokens, unknown = 0.0, 0, 0
    ordered = sorted(texts, key=len)
    for start in track(range(0, len(ordered), BATCH), "perplexity"):
        ids, labels = tokenizer.encode(ordered[start : start + BATCH])
        logits = model(input_ids=ids).logits  # padding comes after the text, where nothing that counts sees it
        loss += F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum").item()
        tokens += int((labels != IGNORED).sum())
        unknown += int((labels == unknown_id).sum()) if unknown_id is not None else 0
    unit = "character" if without_blanks(texts) else "word"
    units = sum(len("".join(words)) if unit == "character" else len(words) for words in map(str.split, texts))
    return Perplexity(
        sentences=len(texts),
        unit=unit,
        units=units,
        per_unit=math.exp(loss / (units + len(texts))),
        per_token=math.exp(loss / tokens),
        unknown=unknown / tokens,
    )
