"""`sign2gpt check`: whether a corpus is whole, and what it holds."""

from __future__ import annotations

from typing import Annotated

import typer

from sign2gpt.cli.options import JsonOption, emit


def check(
    corpus: Annotated[str, typer.Argument(help="Folder of the corpus, or address of its shards.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.  \\[default: one per core]")] = None,
    as_json: JsonOption = False,
) -> None:
    """Decode every clip of a corpus and sum it up; exit code 2 where anything is wrong."""
    from sign2gpt.common.errors import Problems
    from sign2gpt.data.check import check_corpus
    from sign2gpt.data.summary import summary

    report = check_corpus(corpus, workers)
    emit(report.document(), summary(report), as_json)
    problems = Problems(str(corpus))
    problems.extend(report.problems)
    problems.raise_if_any()
