"""The command line: what commands there are, and how their errors reach a person."""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

import sign2gpt
from sign2gpt.cli.examples import examples
from sign2gpt.common.errors import UserError, error_line
from sign2gpt.common.files import is_full
from sign2gpt.common.installation import broken
from sign2gpt.common.progress import say

COMMANDS = {
    "Use": ("translate", "caption", "localize", "app", "bulk", "features"),
    "Corpora": ("prepare", "check", "corpus", "shards", "glosses", "synth", "sign"),
    "Training": ("recipes", "validate", "profile", "lm", "pretrain", "train", "params", "convert"),
    "Results": ("evaluate", "calibrate", "score", "compare", "report", "runs", "push", "demo"),
    "Help": ("doctor",),
}
GROUPS = {"prepare", "corpus", "recipes", "runs"}

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended."""
RESUMED = {"prepare", "synth", "shards", "corpus", "bulk", "features", "pretrain", "train", "demo"}
"""Commands that continue where they were stopped; all others begin anew."""
USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for words that a command does not know."""

HELP = """Signed video to spoken-language text, without gloss annotations.

Try it before anything is trained: [bold]sign2gpt translate demo[/bold]"""


def _print_version(asked: bool) -> None:
    if asked:
        print(sign2gpt.__version__)
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None: ...


class Plain(TyperCommand):
    """A command whose arguments are placeholders in capitals, such as ``RUN`` and ``VIDEOS...``."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        for argument in self.params:
            if isinstance(argument, TyperArgument) and argument.metavar is None:
                argument.metavar = (argument.name or "").upper() + ("..." if argument.nargs == -1 else "")


class InOrder(TyperGroup):
    """Lists commands as ``COMMANDS`` has them, those with commands of their own among the others."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return [name for names in COMMANDS.values() for name in names]


def command_line() -> typer.Typer:
    """Every command under its panel of the help."""
    app = typer.Typer(
        cls=InOrder,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        help=HELP,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    for panel, names in COMMANDS.items():
        for name in names:
            module = importlib.import_module(f"sign2gpt.cli.{name}")
            if name in GROUPS:
                for each in module.app.registered_commands:
                    called = each.name or getattr(each.callback, "__name__", "")
                    each.cls, each.epilog = Plain, examples(f"{name} {called}")
                app.add_typer(module.app, name=name, rich_help_panel=panel)
            else:
                app.command(name, cls=Plain, rich_help_panel=panel, epilog=examples(name))(getattr(module, name))
    return app


def main() -> None:
    """Runs the command line: exit code 2 and one clear line for a user's mistake, 130 for Ctrl-C."""
    logging.getLogger("torch.utils._pytree").setLevel(logging.ERROR)  # warns of torchao with transformers' import
    try:
        code = command_line()(standalone_mode=False)
    except USAGE as error:
        _misused(error)
    except typer.Abort:
        _fail("stopped, nothing was done", code=1)
    except UserError as error:
        _fail(str(error))
    except (PermissionError, FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        _fail(f"{error.filename}: {error.strerror}")
    except OSError as error:
        advice = f"; make room and {_again()}" if is_full(error) else ""
        _fail(f"{error.filename or 'the disk'}: {error.strerror or error}{advice}")
    except (MemoryError, RuntimeError, ImportError) as error:
        if packages := broken(error):
            _fail(packages)
        if not _ran_out_of_memory(error):
            raise
        advice = (
            "a smaller batch, shorter clips or fewer workers take less; `sign2gpt validate RECIPE` counts a training's"
        )
        _fail(f"memory ran out; {advice}")
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:  # typer has made it a code
        say(f"interrupted; {_again()}" if _command() in RESUMED else "interrupted")
    sys.exit(code or 0)


def _again() -> str:
    return "run the same command to resume" if _command() in RESUMED else "run it again"


def _command() -> str:
    return next((word for word in sys.argv[1:] if not word.startswith("-")), "")


def _misused(error: Exception) -> NoReturn:
    """What is wrong with the words of a command, and which help has the right ones."""
    context, message = getattr(error, "ctx", None), " ".join(error.format_message().split())  # type: ignore[attr-defined]
    if not message:  # a group alone: typer has printed its help
        sys.exit(2)
    see = f"; see {context.command_path} -h" if context else ""
    _fail(f"{message[0].lower()}{message[1:].rstrip('.')}{see}")


def _fail(message: str, code: int = 2) -> NoReturn:
    for line in error_line(message).split("\n"):
        say(line)
    sys.exit(code)


def _ran_out_of_memory(error: Exception) -> bool:
    """Python's error, torch's of a GPU, or torch's of this machine, which has no class of its own."""
    known = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return known or "can't allocate memory" in str(error)
