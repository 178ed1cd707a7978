"""`sign2gpt check`: whether a corpus is whole, and what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import CorpusArgument, JsonOption, emit

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sign2gpt.data.check import CorpusReport, Spread

BARS = " ▁▂▃▄▅▆▇█"


def check(
    corpus: CorpusArgument,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; none: one a core.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Decode every clip of a corpus and sum it up; exit code 2 where anything is wrong."""
    from sign2gpt.common.errors import Problems
    from sign2gpt.data.check import check_corpus

    report = check_corpus(corpus, workers)
    emit(report.document(), _shown(report), as_json)
    problems = Problems(str(corpus))
    for problem in report.problems:
        problems.add(problem)
    problems.raise_if_any()


def _shown(report: CorpusReport) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    info = report.corpus
    facts = (info["language"], f"{info['frame_rate']:g} frames/s", f"{info['size']} px", f"licence {info['licence']}")
    title = f"{info['name']}: {', '.join(facts)}"
    counts = Table("split", "clips", "hours", "signers", "different texts", "vocabulary", box=None, title=title)
    spreads = Table("split", "per clip", "mean", "least", "5%", "median", "95%", "most", "distribution", box=None)
    for name, split in report.splits.items():
        signers = str(len([signer for signer in split.signers if signer]) or "unknown")
        row = [f"{split.clips:,}", f"{split.hours:.2f}", signers, f"{split.texts:,}", f"{split.vocabulary:,}"]
        counts.add_row(name, *row)
        for measure, spread in (("seconds", split.seconds), ("words", split.words)):
            numbers = [f"{value:.1f}" for value in (spread.mean, *spread.quantiles.values())]
            spreads.add_row(name, measure, *numbers, _bars(spread))
    return Group(counts, "", spreads, *([info["notice"]] if info["notice"] else []))


def _bars(spread: Spread) -> str:
    """Ten steps from the least to the most, each as high as the clips in it."""
    highest = max(spread.histogram)
    return "".join(BARS[-(-count * (len(BARS) - 1) // highest)] for count in spread.histogram)
