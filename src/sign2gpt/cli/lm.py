"""`sign2gpt lm`: a small language model of one's own."""

from __future__ import annotations

from sign2gpt.cli.options import RecipeArgument, SetOption


def lm(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Train a small XGLM and its tokenizer on a text file or the corpus' training text; tells its perplexity on dev."""
    from pathlib import Path

    from sign2gpt.common.files import read_lines, write_json
    from sign2gpt.common.progress import console
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.recipe import load
    from sign2gpt.training.claim import State
    from sign2gpt.training.language_model import train_language_model
    from sign2gpt.training.perplexity import perplexity

    loaded = load(recipe, overrides or ())
    folder, held_out = Path(loaded.lm.output), loaded.lm.dev_text
    if loaded.lm.text is not None:
        train, dev = read_lines(Path(loaded.lm.text)), []
    else:
        corpus = Corpus.open(Path(loaded.data.corpus))
        train = [row.text for row in corpus.rows("train")]
        dev = [row.text for row in corpus.rows("dev")] if "dev" in corpus.splits else []
    if held_out is not None:
        dev = read_lines(Path(held_out))
    if train_language_model(loaded.lm, train, loaded.seed) is State.FINISHED:
        console.print(f"{folder} is finished; nothing to train")
    if dev:
        found = perplexity(folder, dev)
        write_json(folder / "perplexity.json", found.model_dump())
        console.print(f"dev: {found}")
    print(folder)
