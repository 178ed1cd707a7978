"""`sign2gpt lm`: a small language model of one's own."""

from __future__ import annotations

from sign2gpt.cli.options import RecipeArgument, SetOption


def lm(recipe: RecipeArgument, overrides: SetOption = None) -> None:
    """Train a small XGLM and its tokenizer on a text file or the corpus' sentences; tells its perplexity on dev."""
    from pathlib import Path

    from sign2gpt.common.files import read_lines, write_json
    from sign2gpt.common.progress import say
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.recipe import load
    from sign2gpt.training.claim import State
    from sign2gpt.training.language_model import train_language_model
    from sign2gpt.training.perplexity import perplexity

    loaded = load(recipe, overrides or ())
    folder, text, dev_text = Path(loaded.lm.output), loaded.lm.text, loaded.lm.dev_text
    corpus = None
    if text is None:
        corpus = Corpus.open(loaded.data.corpus, loaded.data.shards_gb)
        sentences = corpus.sentences()
    else:
        sentences = read_lines(Path(text))
    if train_language_model(loaded.lm, sentences, loaded.seed) is State.FINISHED:
        say(f"{folder} is finished; nothing to train")
    dev: list[str] = []
    if dev_text is not None:
        dev = read_lines(Path(dev_text))
    elif corpus and "dev" in corpus.splits:
        dev = [row.text for row in corpus.rows("dev")]
    if dev:
        found = perplexity(folder, dev)
        write_json(folder / "perplexity.json", found.model_dump())
        say(f"dev: {found}")
    print(folder)
