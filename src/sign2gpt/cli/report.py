"""`sign2gpt report`: one page on one run or several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import CorpusOption, DeviceOption

if TYPE_CHECKING:
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.evaluation.record import Record


def report(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]RUN...",
            help="Run folders that hold a record of `evaluate -o`, or such records; the first is the page's own, the "
            "others are what it is compared with.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The page.")] = Path("report.html"),
    corpus: CorpusOption = None,
    split: Annotated[str, typer.Option(help="Whose record is taken from a run folder.")] = "test",
    figures: Annotated[Path | None, typer.Option(help="Folder for the pictures as SVG and PDF too.")] = None,
    device: DeviceOption = "auto",
) -> None:
    """Scores, curves, clips, errors, and a look inside, on one page that needs nothing else (docs: reports)."""
    from sign2gpt.common.files import check_output
    from sign2gpt.common.progress import say
    from sign2gpt.evaluation.arms import read_arms, records_beside
    from sign2gpt.evaluation.report import Report, write_report

    check_output(output)
    arms = read_arms(systems, split)
    for arm in arms:
        if arm.run is None:
            say(f"{arm.name}: its run {arm.record.run} is not here, so the page does not look inside")
    first = arms[0].record
    made = Report(
        title=": ".join(dict.fromkeys([first.name, ", ".join(arm.name for arm in arms)])),
        about=first.notes,
        arms=arms,
        command=_command(systems, corpus, split),
        unseen=records_beside(arms[0]),
        timings={"evaluate": first.timings["seconds"]},
    )
    write_report(output, made, _corpus(first, corpus), figures=figures, device=device)
    say(f"report: {output}")


def _corpus(record: Record, place: str | None) -> Corpus:
    from sign2gpt.data.config import SHARDS_GB
    from sign2gpt.data.corpus import Corpus

    data = record.recipe["data"]
    return Corpus.open(place or data["corpus"], data.get("shards_gb", SHARDS_GB))


def _command(systems: list[str], corpus: str | None, split: str) -> str:
    """The command that makes the page again."""
    from shlex import join

    places = [] if corpus is None else ["--corpus", corpus]
    return join(["sign2gpt", "report", *systems, *places, *([] if split == "test" else ["--split", split])])
