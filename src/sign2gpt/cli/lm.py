"""`sign2gpt lm`: a small language model of one's own."""

from __future__ import annotations

from sign2gpt.cli.options import RecipeArgument, SetOption


def lm(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Train a small XGLM and its tokenizer on a text file or the corpus' training text."""
    from pathlib import Path

    from sign2gpt.common.files import read_lines
    from sign2gpt.common.progress import console
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.recipe import load
    from sign2gpt.training.claim import State
    from sign2gpt.training.language_model import train_language_model

    loaded = load(recipe, overrides or ())
    if loaded.lm.text is None:
        texts = [row.text for row in Corpus.open(Path(loaded.data.corpus)).rows("train")]
    else:
        texts = read_lines(Path(loaded.lm.text))
    if train_language_model(loaded.lm, texts, loaded.seed) is State.FINISHED:
        console.print(f"{loaded.lm.output} is finished; nothing to do")
    print(loaded.lm.output)
