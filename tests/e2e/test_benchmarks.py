"""Every benchmark starts, and runs at a small size to one line of JSON; the longest do so in the slow suite alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from forked import script

FILES = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))
SCRIPTS = [file for file in FILES if "--quick" in file.read_text(encoding="utf-8")]
LONG = ("ablations", "engines", "first_translation", "page_load", "scaling")
"""They begin processes that import everything again, or train."""


def named(file: Path) -> str:
    return file.stem


@pytest.mark.parametrize("file", SCRIPTS, ids=named)
def test_a_benchmark_says_what_it_takes(file: Path):
    asked = script(file, "--help")
    assert asked.returncode == 0, asked.stderr
    assert "--quick" in asked.stdout


@pytest.mark.parametrize(
    "file", [pytest.param(file, marks=pytest.mark.slow) if file.stem in LONG else file for file in SCRIPTS], ids=named
)
def test_a_benchmark_ends_with_its_figures(file: Path):
    if file.stem == "page_load":
        pytest.importorskip("gradio", reason="the page needs the extra `app`")
    done = script(file, "--quick")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["benchmark"] == file.stem
    assert "--quick" in result["command"]
