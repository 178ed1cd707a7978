"""What the help of every command shows, what a shell completes, and the lists to choose from."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sign2gpt.cli.examples import EXAMPLES
from sign2gpt.cli.main import COMMANDS, GROUPS, command_line
from sign2gpt.metrics.protocols import PROTOCOLS
from sign2gpt.recipe import shipped

APP = command_line()
ROOT = typer.main.get_command(APP)


def words_of_commands() -> list[str]:
    groups = {name: ROOT.commands[name].commands for name in GROUPS}  # type: ignore[attr-defined]
    names = [name for panel in COMMANDS.values() for name in panel]
    return [f"{name} {each}" for name in names for each in groups.get(name, {})] + [n for n in names if n not in GROUPS]


def shown(*words: str) -> str:
    found = CliRunner().invoke(APP, list(words), env={"TERMINAL_WIDTH": "100"})
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.mark.parametrize("command", words_of_commands())
def test_a_commands_help_names_placeholders_in_capitals_and_ends_with_examples(command: str) -> None:
    help_ = shown(*command.split(), "-h")
    assert shown(*command.split(), "--help") == help_
    usage = re.sub(r"\s+", " ", help_.partition("Usage: ")[2].partition("\n \n")[0])
    placeholders = re.findall(r"\{(.*?)\}", usage)
    assert placeholders == [name.upper() for name in placeholders]
    last = [" ".join(line.split()) for line in help_.splitlines() if line.strip()]
    assert set(EXAMPLES[command]) <= {*last, *(" ".join(pair) for pair in pairwise(last))}


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_an_example_is_taken_by_its_command(line: str) -> None:
    words = shlex.split(line.partition("| ")[2] or line)
    assert words[0] == "sign2gpt"
    command, rest = ROOT, words[1:]
    while hasattr(command, "commands"):
        command, rest = command.commands[rest[0]], rest[1:]  # type: ignore[attr-defined]
    assert command.make_context("example", rest).params is not None


def completed(folder: Path, line: str) -> list[str]:
    """What bash offers at the end of a line; the process must not load torch for it."""
    program = (
        "import sys, atexit; sys.argv = ['sign2gpt']\n"
        "atexit.register(lambda: 'torch' in sys.modules and print('LOADED'))\n"
        "from sign2gpt.cli.main import main; main()"
    )
    asked = {"_SIGN2GPT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=os.environ | asked, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def test_recipes_runs_and_protocols_complete_without_torch(tmp_path: Path) -> None:
    (tmp_path / "runs" / "deep" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "deep" / "one" / "run.json").write_text("{}")
    (tmp_path / "phoenix_mine.yaml").write_text("name: mine\n")
    recipes = sorted(name for name in shipped() if name.startswith("phoenix14t_"))
    assert sorted(completed(tmp_path, "sign2gpt train phoenix")) == sorted([*recipes, "phoenix_mine.yaml"])
    assert completed(tmp_path, "sign2gpt translate ru") == ["runs/deep/one"]
    assert completed(tmp_path, "sign2gpt translate de") == ["demo"]
    assert completed(tmp_path, "sign2gpt score a b --protocol p") == ["phoenix14t", "plain"]


def test_recipes_are_listed_with_the_word_and_without() -> None:
    assert shown("recipes", "list", "--json") == shown("recipes", "--json")
    assert {each["name"] for each in json.loads(shown("recipes", "list", "--json"))} == set(shipped())


def test_runs_are_listed(tmp_path: Path) -> None:
    package = Path(sys.modules["sign2gpt"].__file__ or "").parent
    (found,) = json.loads(shown("runs", "list", str(package), "--json"))
    assert (found["folder"], found["stage"]) == (str(package / "assets" / "demo"), "train")
    assert found["bleu4"] > 50
    assert json.loads(shown("runs", "list", str(tmp_path), "--json")) == []


def test_scores_help_explains_every_protocol() -> None:
    assert all(re.search(rf"^ {name}: \w+", shown("score", "-h"), re.MULTILINE) for name in PROTOCOLS)


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        ("score HYP REF", None),
        ("score --hypotheses HYP REF", None),
        ("score --references REF HYP", None),
        ("score --hypotheses HYP --references REF", None),
        ("score - REF", "HYP"),
        ("score HYP -", "REF"),
    ],
)
def test_both_sides_are_named_in_every_way(words: str, stdin: str | None, tmp_path: Path) -> None:
    sides = {"HYP": "am tag viel regen\nwind\n", "REF": "am tag viel regen\nsturm\n"}
    for name, text in sides.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    given = [str(tmp_path / word) if word in sides else word for word in words.split()]
    run = CliRunner().invoke(APP, [*given, "--protocol", "plain", "--json"], input=sides.get(stdin or ""))
    assert json.loads(run.stdout)["rouge_l"] == 50.0


@pytest.mark.parametrize(("words", "why"), [("score HYP", "name two files"), ("score - -", "stdin holds one side")])
def test_one_side_is_not_enough(words: str, why: str) -> None:
    run = CliRunner().invoke(APP, [*words.split(), "--protocol", "plain"])
    assert why in str(run.exception)
