"""`sign2gpt corpus`: what can be done with a corpus that is there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import CorpusArgument, JsonOption, emit

app = typer.Typer(help="Take clips out of a corpus for good, or export it.", no_args_is_help=True)


@app.callback()
def corpus() -> None:
    """Take clips out of a corpus for good, or export it."""


@app.command()
def export(
    corpus: CorpusArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for one table a split.")],
    encoder_prompt: Annotated[str, typer.Option(help="Cell of that name in every row, such as __dgs__.")] = "",
    decoder_prompt: Annotated[str, typer.Option(help="Cell of that name in every row, such as __de__.")] = "",
) -> None:
    """Write multimodalhugs' tables, which name the clips where they lie."""
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.exporting import export_multimodalhugs

    for table in export_multimodalhugs(Corpus.open(corpus), out, encoder_prompt, decoder_prompt):
        print(table)


@app.command()
def remove(
    corpus: CorpusArgument,
    signer: Annotated[list[str] | None, typer.Option(help="All clips of this signer (repeatable).")] = None,
    ids: Annotated[list[str] | None, typer.Option("--id", help="This clip (repeatable).")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take clips out for good: files, rows of the tables, pseudo-glosses.

    Prints the hash and the file of each. After a kill the same command goes on.
    """
    from sign2gpt.common.errors import UserError
    from sign2gpt.common.locks import LOCK, held
    from sign2gpt.common.progress import say
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.remove import choose, resume, take_out

    if not corpus.is_dir():
        raise UserError(f"{corpus}: no such folder")
    with held(corpus, corpus / LOCK):
        removed = resume(corpus)
        if not (signer or ids or removed):
            raise UserError("nothing to take out; name a clip with --id, or a signer with --signer")
        opened = Corpus.open(corpus)
        chosen = choose(opened, ids or [], signer or [], removed)
        if chosen and not yes and sys.stdin.isatty():
            typer.confirm(f"Take {len(chosen):,} clips out of {corpus} for good?", abort=True, err=True)
        if chosen:
            take_out(corpus, chosen)
        removed += chosen
    if as_json:
        document = [{"split": clip.split, "id": clip.id, "sha256": clip.sha256} for clip in removed]
        emit({"corpus": str(corpus), "removed": document}, "", as_json)
        return
    for clip in removed:
        print(f"{clip.sha256}  {clip.split}/{clip.file}")
    say(f"{len(removed):,} clips taken out; `sign2gpt runs using --sha256 HASH` finds the runs that used one")
