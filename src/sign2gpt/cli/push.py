"""`sign2gpt push`: a run to the Hugging Face hub, with its model card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import RunArgument

if TYPE_CHECKING:
    from sign2gpt.model.card import Measured


def push(
    run: RunArgument,
    name: Annotated[str, typer.Argument(help="Name on the hub: OWNER/NAME.")],
    records: Annotated[
        list[Path] | None, typer.Option("--record", help="Record of `evaluate -o` that the card tells (repeatable).")
    ] = None,
    revision: Annotated[str | None, typer.Option(help="Branch.  \\[default: main]")] = None,
    private: Annotated[bool, typer.Option("--private", help="Make it visible to its owner alone.")] = False,
    card_only: Annotated[bool, typer.Option("--card-only", help="Print the card and send nothing.")] = False,
) -> None:
    """Send a run to the Hugging Face hub, with its model card; --card-only shows that before."""
    from sign2gpt.inference.translator import find_run
    from sign2gpt.model.publishing import push_run, run_card

    measured = [_measured(path) for path in records or []]
    folder = find_run(run)
    if card_only:
        print(run_card(folder, name, measured))
    else:
        print(push_run(folder, name, revision=revision, private=private or None, measured=measured))


def _measured(path: Path) -> Measured:
    from sign2gpt.evaluation.record import Record
    from sign2gpt.model.card import Measured

    record = Record.read(path)
    scores = {name: (score.score, score.low, score.high) for name, score in record.scores.items()}
    return Measured(record.corpus.name, record.corpus.split, record.protocol, scores)
