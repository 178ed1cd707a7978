"""`sign2gpt check`, `shards` and `corpus`: what can be done with a corpus."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import CorpusArgument, JsonOption, WorkersOption, emit


def check(
    corpus: Annotated[str, typer.Argument(help="Folder of the corpus, or address of its shards.")],
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a corpus: decode every clip, and summarise tables and clips.

    The exit code is 2 if there are problems.
    """
    from sign2gpt.common.errors import Problems
    from sign2gpt.data.check import check_corpus, summary

    report = check_corpus(corpus, workers)
    emit(report.document(), summary(report), as_json)
    problems = Problems(str(corpus))
    problems.extend(report.problems)
    problems.raise_if_any()


def shards(
    corpus: CorpusArgument,
    out: Annotated[str, typer.Argument(metavar="OUT", help="Folder for the shards.")],
    megabytes: Annotated[float, typer.Option("--mb", min=1, help="Approximate size of a shard, in MB.")] = 256,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a corpus as WebDataset tar shards, which training reads from a folder or an address (docs: shards)."""
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.shards.index import read_index
    from sign2gpt.data.shards.writer import write_shards

    written = write_shards(Corpus.open(corpus), out, megabytes, workers)
    sizes = [shard.size for shard in read_index(Path(out)).shards.values()]
    document = {"folder": out, "written": written, "shards": len(sizes), "bytes": sum(sizes)}
    emit(document, f"{out}: {len(sizes):,} shards, {sum(sizes) / 1e9:.3f} GB", as_json)


commands = typer.Typer(help="Remove clips from a corpus, or export it.", no_args_is_help=True)


@commands.callback()
def corpus() -> None:
    """Remove clips from a corpus, or export it."""


@commands.command()
def export(
    corpus: CorpusArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for one table per split.")],
    encoder_prompt: Annotated[str, typer.Option(help="Cell of that name in every row, such as __dgs__.")] = "",
    decoder_prompt: Annotated[str, typer.Option(help="Cell of that name in every row, such as __de__.")] = "",
) -> None:
    """Export a corpus as tables for multimodalhugs, with the paths of the clips."""
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.importers.gfslt import export_multimodalhugs

    for table in export_multimodalhugs(Corpus.open(corpus), out, encoder_prompt, decoder_prompt):
        print(table)


@commands.command()
def remove(
    corpus: CorpusArgument,
    signer: Annotated[list[str] | None, typer.Option(help="Signer whose clips are removed (repeatable).")] = None,
    ids: Annotated[list[str] | None, typer.Option("--id", help="Clip to remove (repeatable).")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove clips for good: files, rows of the tables, pseudo-glosses.

    Prints the hash and the file of each. Run the same command to resume after a stop.
    """
    from sign2gpt.common.errors import UserError
    from sign2gpt.common.locks import LOCK, locked
    from sign2gpt.common.progress import say
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.remove import choose, resume, take_out

    if not corpus.is_dir():
        raise UserError(f"{corpus}: no such folder")
    with locked(corpus, corpus / LOCK):
        removed = resume(corpus)
        if not (signer or ids or removed):
            raise UserError("nothing to remove; name a clip with --id, or a signer with --signer")
        opened = Corpus.open(corpus)
        chosen = choose(opened, ids or [], signer or [], removed)
        if chosen and not yes and sys.stdin.isatty():
            typer.confirm(f"Remove {len(chosen):,} clips from {corpus} for good?", abort=True, err=True)
        if chosen:
            take_out(corpus, chosen)
        removed += chosen
    if as_json:
        document = [{"split": clip.split, "id": clip.id, "sha256": clip.sha256} for clip in removed]
        emit({"corpus": str(corpus), "removed": document}, "", as_json)
        return
    for clip in removed:
        print(f"{clip.sha256}  {clip.split}/{clip.file}")
    say(f"{len(removed):,} clips removed; `sign2gpt runs using --sha256 HASH` lists the runs that used one")
