"""`sign2gpt runs`: what the runs of a folder were trained on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sign2gpt.cli.options import JsonOption, emit

if TYPE_CHECKING:
    from rich.console import Group

    from sign2gpt.training.usage import Usage

app = typer.Typer(help="List runs, and those that were trained on a clip.", no_args_is_help=True)


@app.callback()
def runs() -> None:
    """List runs, and those that were trained on a clip."""


@app.command("list")
def listing(
    folder: Annotated[Path, typer.Argument(help="Folder that holds runs, at any depth.")] = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the finished runs below a folder."""
    from rich.markup import escape
    from rich.table import Table

    from sign2gpt.common.errors import Problems, UserError
    from sign2gpt.model.hub import ABOUT, read_about

    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    found, problems = list[dict[str, object]](), Problems(str(folder))
    table = Table("run", "stage", "corpus", "BLEU-4 on dev", box=None)
    for place in sorted(path.parent for path in folder.rglob(ABOUT)):
        try:
            about = read_about(place)
        except UserError as error:
            problems.add(str(error))
            continue
        corpus, bleu = about.info.get("corpus", {}).get("name"), about.info.get("dev", {}).get("bleu4")
        found.append({"folder": str(place), "stage": about.stage, "corpus": corpus, "bleu4": bleu})
        shown = "" if bleu is None else f"{bleu:.2f}"
        table.add_row(escape(str(place)), about.stage, escape(corpus or ""), shown)
    emit(found, table if found else f"{folder}: no finished run here", as_json)
    problems.raise_if_any()


@app.command()
def using(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="CORPUS_OR_CLIP...", help="Corpora or clips to look for."),
    ] = None,
    folder: Annotated[Path, typer.Option("--in", help="Folder that holds runs, at any depth.")] = Path(),
    signer: Annotated[
        list[str] | None, typer.Option(help="Of the corpora named, only clips of this signer (repeatable).")
    ] = None,
    digests: Annotated[
        list[str] | None, typer.Option("--sha256", help="A clip's hash, such as `corpus remove` tells (repeatable).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the runs that were trained on these clips, and those that started from such a run."""
    from sign2gpt.common.errors import Problems, UserError
    from sign2gpt.training.usage import find_usage

    given = {digest.strip().lower() for digest in digests or []}
    for digest in given:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise UserError(f"--sha256 {digest}: is no SHA-256, which has 64 hexadecimal digits")
    hashes = given | _hashes(what or [], signer or [])
    if not hashes:
        raise UserError("nothing to look for; name corpora or clips, or give --sha256")
    usage = find_usage(folder, hashes)
    emit(_document(usage, len(hashes)), _shown(usage, len(hashes)), as_json)
    problems = Problems(str(folder))
    problems.extend(usage.unreadable)
    problems.raise_if_any()


def _hashes(places: list[str], signers: list[str]) -> set[str]:
    """Hashes of clips, and of all clips of corpora or those of some signers."""
    from sign2gpt.common.errors import UserError, nearest
    from sign2gpt.common.files import sha256
    from sign2gpt.common.progress import track
    from sign2gpt.data.corpus import Corpus
    from sign2gpt.data.remote import is_address

    hashes: set[str] = set()
    for place in places:
        if Path(place).is_file() and not signers:
            hashes.add(sha256(Path(place)))
            continue
        if not (is_address(place) or Path(place).is_dir()):
            raise UserError(f"{place}: no corpus here" if signers else f"{place}: no clip and no corpus here")
        corpus = Corpus.open(place)
        rows = [row for split in corpus.splits for row in corpus.rows(split)]
        known = {row.signer for row in rows}
        if absent := sorted(set(signers) - known):
            raise UserError(f"{place}: no signer {absent[0]}{nearest(absent[0], known)}")
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
        "unfinished": [str(place) for place in usage.unfinished],
        "unreadable": usage.unreadable,
    }


def _shown(usage: Usage, asked: int) -> Group:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    direct = sum(bool(run.used) for run in usage.runs)
    told = f"{direct:,} of {usage.looked_at:,} runs were trained on some of these {asked:,} clips"
    table = Table("run", "these clips", "trained on", "started from", box=None)
    for run in usage.runs:
        folder, started_from = escape(str(run.folder)), escape(str(run.started_from or ""))
        table.add_row(folder, f"{len(run.used):,}", f"{run.trained_on:,}", started_from)
    lines = [Text(f"{place}: not finished, so its clips are not recorded yet") for place in usage.unfinished]
    return Group(Text(told), *([table] if usage.runs else []), *lines)
