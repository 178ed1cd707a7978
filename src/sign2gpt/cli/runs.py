"""`sign2gpt runs` and `sign2gpt push`: what runs there are, and one of them on the Hugging Face hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import JsonOption, RunArgument, emit

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.model.runs.card import Measured
    from sign2gpt.training.usage import Usage

commands = typer.Typer(help="List runs, and those that were trained on a clip.", no_args_is_help=True)


@commands.callback()
def runs() -> None:
    """List runs, and those that were trained on a clip."""


@commands.command("list")
def listing(
    folder: Annotated[Path, typer.Argument(help="Folder with runs, at any depth.")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the finished runs below a folder."""
    from rich.markup import escape
    from rich.table import Table

    from sign2gpt.common.errors import Problems, UserError
    from sign2gpt.model.runs.run import ABOUT, read_about

    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    found, problems = list[dict[str, object]](), Problems(str(folder))
    table = Table("run", "stage", "corpus", "BLEU-4 on dev", box=None)
    for run in sorted(path.parent for path in folder.rglob(ABOUT)):
        try:
            about = read_about(run)
        except UserError as error:
            problems.add(str(error))
            continue
        corpus, bleu = about.info.get("corpus", {}).get("name"), about.info.get("dev", {}).get("bleu4")
        found.append({"folder": str(run), "stage": about.stage, "corpus": corpus, "bleu4": bleu})
        shown = "" if bleu is None else f"{bleu:.2f}"
        table.add_row(escape(str(run)), about.stage, escape(corpus or ""), shown)
    emit(found, table if found else f"{folder}: no finished run in this folder", as_json)
    problems.raise_if_any()


@commands.command()
def using(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="CORPUS_OR_CLIP...", help="Corpora or clips to look for."),
    ] = None,
    folder: Annotated[Path, typer.Option("--in", metavar="DIR", help="Folder with runs, at any depth.")] = Path(),
    signer: Annotated[
        list[str] | None, typer.Option(help="Only clips of this signer in the corpora (repeatable).")
    ] = None,
    digests: Annotated[
        list[str] | None, typer.Option("--sha256", help="Hash of a clip, as `corpus remove` prints it (repeatable).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the runs that were trained on these clips, and those that started from such a run."""
    from sign2gpt.common.errors import Problems, UserError
    from sign2gpt.training.usage import find_usage

    given = {digest.strip().lower() for digest in digests or []}
    for digest in given:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise UserError(f"--sha256 {digest}: not a SHA-256 hash, which has 64 hexadecimal digits")
    hashes = given | _hashes(what or [], signer or [])
    if not hashes:
        raise UserError("nothing to look for; name corpora or clips, or give --sha256")
    usage = find_usage(folder, hashes)
    emit(_document(usage, len(hashes)), _shown(usage, len(hashes)), as_json)
    problems = Problems(str(folder))
    problems.extend(usage.unreadable)
    problems.raise_if_any()


def _hashes(names: list[str], signers: list[str]) -> set[str]:
    """Hashes of the clips, and of the clips of the corpora, all or those of some signers."""
    from sign2gpt.common.errors import UserError, nearest
    from sign2gpt.common.files import sha256
    from sign2gpt.common.progress import track
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.shards.remote import is_address

    hashes: set[str] = set()
    for name in names:
        if Path(name).is_file() and not signers:
            hashes.add(sha256(Path(name)))
            continue
        if not (is_address(name) or Path(name).is_dir()):
            raise UserError(f"{name}: no corpus here" if signers else f"{name}: no clip and no corpus here")
        corpus = Corpus.open(name)
        rows = [row for split in corpus.splits for row in corpus.rows(split)]
        known = {row.signer for row in rows}
        if absent := sorted(set(signers) - known):
            raise UserError(f"{name}: no signer {absent[0]}{nearest(absent[0], known)}")
        asked = [row for row in rows if not signers or row.signer in signers]
        hashes |= {row.sha256() for row in track(asked, "hashing clips") if row.path.exists()}
    return hashes


def _document(usage: Usage, asked: int) -> dict[str, object]:
    return {
        "clips": asked,
        "looked_at": usage.looked_at,
        "runs": [
            {
                "folder": str(run.folder),
                "used": run.used,
                "trained_on": run.trained_on,
                "started_from": None if run.started_from is None else str(run.started_from),
            }
            for run in usage.runs
        ],
        "unfinished": [str(run) for run in usage.unfinished],
        "unreadable": usage.unreadable,
    }


def _shown(usage: Usage, asked: int) -> Group:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    direct = sum(bool(run.used) for run in usage.runs)
    summary = f"{direct:,} of {usage.looked_at:,} runs were trained on some of these {asked:,} clips"
    table = Table("run", "these clips", "trained on", "started from", box=None)
    for run in usage.runs:
        folder, started_from = escape(str(run.folder)), escape(str(run.started_from or ""))
        table.add_row(folder, f"{len(run.used):,}", f"{run.trained_on:,}", started_from)
    lines = [Text(f"{run}: not finished, so its clips are not known yet") for run in usage.unfinished]
    return Group(Text(summary), *([table] if usage.runs else []), *lines)


def push(
    run: RunArgument,
    name: Annotated[str, typer.Argument(help="Name on the hub: OWNER/NAME.")],
    records: Annotated[
        list[Path] | None,
        typer.Option("--record", metavar="FILE", help="Results of `evaluate -o` to put on the card (repeatable)."),
    ] = None,
    revision: Annotated[str | None, typer.Option(help="Branch.  \\[default: main]")] = None,
    private: Annotated[bool, typer.Option("--private", help="Make it visible only to its owner.")] = False,
    card_only: Annotated[bool, typer.Option("--card-only", help="Only print the card.")] = False,
) -> None:
    """Upload a run to the Hugging Face hub, with its model card."""
    from sign2gpt.model.runs.publishing import push_run, run_card
    from sign2gpt.model.runs.shipped import find_run

    measured = [_measured(path) for path in records or []]
    folder = find_run(run)
    if card_only:
        print(run_card(folder, name, measured))
    else:
        print(push_run(folder, name, revision=revision, private=private or None, measured=measured))


def _measured(path: Path) -> Measured:
    from sign2gpt.evaluation.record import Record
    from sign2gpt.model.runs.card import Measured

    record = Record.read(path)
    scores = {name: (score.score, score.low, score.high) for name, score in record.scores.items()}
    return Measured(record.corpus.name, record.corpus.split, record.protocol, scores)
