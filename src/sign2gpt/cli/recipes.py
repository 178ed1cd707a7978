"""`sign2gpt recipes`: the bundled recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sign2gpt.cli.options import JsonOption, complete_recipe, emit

commands = typer.Typer(help="List the bundled recipes, or copy one to change it.", invoke_without_command=True)


@commands.callback()
def recipes(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the bundled recipes, or copy one to change it."""
    if context.invoked_subcommand is None:
        listing(as_json)


@commands.command("list")
def listing(as_json: JsonOption = False) -> None:
    """List the bundled recipes."""
    from rich.table import Column, Table

    from sign2gpt.recipe import load, shipped

    notes = {name: load(name).notes for name in shipped()}
    table = Table(Column("recipe", no_wrap=True, min_width=max(map(len, notes))), "notes", box=None)
    for name, note in notes.items():
        table.add_row(name, note)
    emit([{"name": name, "notes": note} for name, note in notes.items()], table, as_json)


@commands.command()
def copy(
    name: Annotated[str, typer.Argument(help="Name of a bundled recipe.", autocompletion=complete_recipe)],
    to: Annotated[Path | None, typer.Argument(metavar="OUT", help="File to write.  \\[default: NAME.yaml]")] = None,
) -> None:
    """Copy a bundled recipe to a file, to change it."""
    from sign2gpt.common.errors import UserError
    from sign2gpt.common.files import write_text
    from sign2gpt.recipe import find

    source = find(name)
    target = to or Path(source.name)
    if target.exists():
        raise UserError(f"{target} already exists; name another file to copy {name} to")
    write_text(target, source.read_text(encoding="utf-8"))
    print(target)
