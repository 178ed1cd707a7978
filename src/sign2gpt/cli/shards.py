"""`sign2gpt shards`: a corpus as tar files, for stores and clusters that dislike many small ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import CorpusArgument, JsonOption, emit


def shards(
    corpus: CorpusArgument,
    out: Annotated[str, typer.Argument(metavar="OUT", help="Folder for the shards.")],
    megabytes: Annotated[float, typer.Option("--mb", min=1, help="Size of a shard, about.")] = 256,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.  \\[default: one per core]")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a corpus as WebDataset tar shards, which training reads from a folder or an address (docs: shards)."""
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.shard_index import read_index
    from sign2gpt.data.shard_writer import write_shards

    written = write_shards(Corpus.open(corpus), out, megabytes, workers)
    sizes = [shard.size for shard in read_index(Path(out)).shards.values()]
    document = {"folder": out, "written": written, "shards": len(sizes), "bytes": sum(sizes)}
    emit(document, f"{out}: {len(sizes):,} shards, {sum(sizes) / 1e9:.3f} GB", as_json)
