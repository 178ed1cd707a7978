"""`sign2gpt evaluate`: a run's scores on a split, as a record and as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import CorpusOption, DecodingOption, DeviceOption, JsonOption, RunArgument, emit


def evaluate(
    run: RunArgument,
    corpus: CorpusOption = None,
    split: Annotated[str, typer.Option(help="Which sentences: test, dev, or another folder of the corpus.")] = "test",
    protocol: Annotated[str | None, typer.Option(help="Text protocol; none: the recipe's.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the record with every sentence.")] = None,
    device: DeviceOption = "auto",
    decoding: DecodingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate a split and score it, with intervals and controls (docs: evaluation)."""
    from sign2gpt.common.config import build
    from sign2gpt.common.files import check_output
    from sign2gpt.common.progress import say
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.runner import evaluate as taken
    from sign2gpt.evaluation.tables import record_tables
    from sign2gpt.inference.translator import Translator
    from sign2gpt.metrics.protocols import protocol as find_protocol
    from sign2gpt.model.hub import RECIPE
    from sign2gpt.recipe import Recipe

    if output is not None:
        check_output(output)
    translator = Translator.from_pretrained(run, device)
    translator.decoder()  # a run without one is refused before the corpus is opened
    recipe = build(Recipe, translator.run.recipe, where=str(translator.run.folder / RECIPE))
    config = recipe.evaluation
    if protocol is not None:
        config.protocol = protocol
    find_protocol(config.protocol)
    corpus_there = Corpus.open(corpus or recipe.data.corpus, recipe.data.shards_gb)
    record = taken(translator, corpus_there, split, config, *(decoding or ()))
    if output is not None:
        record.write(output)
        say(f"record with every sentence: {output}")
    emit(record.to_json(), record_tables(record), as_json)
