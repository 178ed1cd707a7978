"""`lm` on corpora that lack a split."""

from __future__ import annotations

from pathlib import Path

import pytest
import texts

from sign2gpt.cli.train import lm
from sign2gpt.common.errors import UserError


def recipe(folder: Path, split: str) -> str:
    rows = [(split, str(number), f"morgen regen {number}", "") for number in range(4)]
    texts.write_texts(folder / "corpus", "c", "de", rows)
    path = folder / "small.yaml"
    path.write_text(
        f"name: small\ndata: {{corpus: {folder}/corpus}}\n"
        f"lm: {{output: {folder}/lm, layers: 1, width: 16, heads: 2, epochs: 1, batch: 2, vocabulary: 60}}\n"
    )
    return str(path)


def test_a_corpus_without_train_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no split train"):
        lm(recipe(tmp_path, "dev"))


def test_a_corpus_without_dev_has_no_perplexity(tmp_path: Path) -> None:
    lm(recipe(tmp_path, "train"))
    assert (tmp_path / "lm" / "model.safetensors").exists()
    assert not (tmp_path / "lm" / "perplexity.json").exists()
