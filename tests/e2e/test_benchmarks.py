"""Every benchmark runs, at a small size, and ends with one line of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))
SCRIPTS = [file for file in FILES if "--quick" in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_benchmark_ends_with_its_figures(script: Path):
    if script.stem == "page_load":
        pytest.importorskip("gradio", reason="the page needs the extra `app`")
    done = subprocess.run([sys.executable, str(script), "--quick"], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["benchmark"] == script.stem
    assert "--quick" in result["command"]
