"""The command line: what commands there are, and how their errors reach a person."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from sign2gpt.cli import (
    app,
    bulk,
    caption,
    convert,
    corpus,
    demo,
    doctor,
    evaluate,
    glosses,
    prepare,
    recipes,
    runs,
    score,
    signing,
    train,
    translate,
    validate,
)
from sign2gpt.cli.examples import examples
from sign2gpt.common.errors import UserError, error_line
from sign2gpt.common.files import is_full
from sign2gpt.common.installation import broken
from sign2gpt.common.progress import say
from sign2gpt.common.version import __version__

COMMANDS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Use": {
        "translate": translate.translate,
        "caption": caption.caption,
        "localize": translate.localize,
        "app": app.app,
        "bulk": bulk.bulk,
        "features": bulk.features,
    },
    "Corpora": {
        "prepare": prepare.commands,
        "check": corpus.check,
        "corpus": corpus.commands,
        "shards": corpus.shards,
        "glosses": glosses.glosses,
        "synth": signing.synth,
        "sign": signing.sign,
    },
    "Training": {
        "recipes": recipes.commands,
        "validate": validate.validate,
        "profile": validate.profile,
        "lm": train.lm,
        "pretrain": train.pretrain,
        "train": train.train,
        "params": validate.params,
        "convert": convert.convert,
    },
    "Results": {
        "evaluate": evaluate.evaluate,
        "calibrate": evaluate.calibrate,
        "score": score.score,
        "compare": score.compare,
        "report": evaluate.report,
        "runs": runs.commands,
        "push": runs.push,
        "demo": demo.demo,
    },
    "Help": {"doctor": doctor.doctor},
}
"""Every command under its panel of the help."""
GROUPS = {name for panel in COMMANDS.values() for name, work in panel.items() if isinstance(work, typer.Typer)}

INTERRUPTED = 130
"""Exit code of a command that Ctrl-C ended."""
RESUMED = {"prepare", "synth", "shards", "corpus", "bulk", "features", "pretrain", "train", "demo"}
"""Commands that resume after a stop; all others start again."""
USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for arguments that a command does not take."""

HELP = """Signed video to spoken-language text, without gloss annotations.

Try the bundled model: [bold]sign2gpt translate demo[/bold]"""


def _print_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None: ...


class Plain(TyperCommand):
    """A command whose placeholders are in capitals, such as ``RUN`` and ``VIDEOS...``."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        for argument in self.params:
            if isinstance(argument, TyperArgument) and argument.metavar is None:
                argument.metavar = (argument.name or "").upper() + ("..." if argument.nargs == -1 else "")


class InOrder(TyperGroup):
    """Lists commands in the order of ``COMMANDS``, groups of commands among the others."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        return [name for names in COMMANDS.values() for name in names]


def command_line() -> typer.Typer:
    """The command line with all commands."""
    found = typer.Typer(
        cls=InOrder,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        help=HELP,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    found.callback()(options)
    for panel, commands in COMMANDS.items():
        for name, work in commands.items():
            if isinstance(work, typer.Typer):
                for each in work.registered_commands:
                    called = each.name or getattr(each.callback, "__name__", "")
                    each.cls, each.epilog = Plain, examples(f"{name} {called}")
                found.add_typer(work, name=name, rich_help_panel=panel)
            else:
                found.command(name, cls=Plain, rich_help_panel=panel, epilog=examples(name))(work)
    return found


def main() -> None:
    """Runs the command line: exit code 2 and one clear line for a user's mistake, 130 for Ctrl-C."""
    logging.getLogger("torch.utils._pytree").setLevel(logging.ERROR)  # warns of torchao with transformers' import
    try:
        code = command_line()(standalone_mode=False)
    except USAGE as error:
        _misused(error)
    except typer.Abort:
        _fail("aborted, nothing was changed", code=1)
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
            "use a smaller batch, shorter clips or fewer workers; "
            "`sign2gpt validate RECIPE` estimates the memory of a training"
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
    """Reports what is wrong with a command's arguments, and the command that prints its help."""
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
