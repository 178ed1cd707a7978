"""`sign2gpt corpus`: what can be done with a corpus that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import CorpusArgument

app = typer.Typer(help="Take a corpus out into another project's format.", no_args_is_help=True)


@app.callback()
def corpus() -> None:
    """Take a corpus out into another project's format."""


@app.command()
def export(
    corpus: CorpusArgument,
    out: Annotated[Path, typer.Argument(help="Folder for one table a split.")],
    encoder_prompt: Annotated[str, typer.Option(help="Cell of that name in every row, such as __dgs__.")] = "",
    decoder_prompt: Annotated[str, typer.Option(help="Cell of that name in every row, such as __de__.")] = "",
) -> None:
    """Write multimodalhugs' tables, which name the clips where they lie."""
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.exporting import export_multimodalhugs

    for table in export_multimodalhugs(Corpus.open(corpus), out, encoder_prompt, decoder_prompt):
        print(table)
