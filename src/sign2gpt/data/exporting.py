"""A corpus as the tables of other projects; the clips stay where they are."""

from __future__ import annotations

import csv
from pathlib import Path

from sign2gpt.common.files import atomic_file
from sign2gpt.data.corpus import Corpus

MULTIMODALHUGS = ("signal", "signal_start", "signal_end", "encoder_prompt", "decoder_prompt", "output")
"""Columns of multimodalhugs' ``video2text`` tables; a start and an end of 0 mean the whole video."""


def export_multimodalhugs(corpus: Corpus, out: Path, encoder_prompt: str = "", decoder_prompt: str = "") -> list[Path]:
    """Writes a tab-separated table for each split, every clip as an absolute path; the tables' paths.

    Raises:
        UserError: what is wrong in the corpus' tables, or its clips lie in shards.
    """
    corpus.need_files("export")
    tables: list[Path] = []
    for split in corpus.splits:
        rows = corpus.rows(split)
        tables.append(out / f"{split}.tsv")
        with atomic_file(tables[-1]) as partial, partial.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            table.writerow(MULTIMODALHUGS)
            for row in rows:
                table.writerow([Path(str(row.path)).absolute(), 0, 0, encoder_prompt, decoder_prompt, row.text])
    return tables
