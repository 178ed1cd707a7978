"""Commands print names and paths as they are: brackets are no markup."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sign2gpt.cli.main import command_line
from sign2gpt.cli.options import emit


def test_a_problem_of_a_recipe_names_the_folder_as_it_is() -> None:
    found = CliRunner().invoke(command_line(), ["validate", "demo", "--set", "data.corpus='[old]'"])
    assert found.exit_code == 2
    assert "[old]: no corpus here" in found.output


def test_a_line_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    line = f"[bold]{'folder/' * 20}: 3 shards"
    emit({}, line, as_json=False)
    assert capsys.readouterr().out == f"{line}\n"
