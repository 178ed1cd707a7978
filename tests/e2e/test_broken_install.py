"""Packages that do not match: one line with the command that mends it, from every command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PAIR = "do not match (operator torchvision::nms does not exist): pip install --upgrade torch torchvision"
STAND_INS = {
    "torchvision": ("raise RuntimeError('operator torchvision::nms does not exist')", PAIR),
    "timm": (
        "raise ImportError(\"cannot import name 'x' from 'timm.layers'\", name='timm.layers')",
        "cannot be imported (cannot import name 'x' from 'timm.layers'): pip install --upgrade 'timm>=",
    ),
}


COMMANDS = {"params": ("params", "phoenix14t_translate"), "doctor": ("doctor",)}


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("torchvision", "params"),
        ("timm", "doctor"),
        pytest.param("torchvision", "doctor", marks=pytest.mark.slow),
        pytest.param("timm", "params", marks=pytest.mark.slow),
    ],
)
def test_a_package_that_does_not_fit(tmp_path: Path, package: str, command: str) -> None:
    code, told = STAND_INS[package]
    (tmp_path / "stand_in" / package).mkdir(parents=True)
    (tmp_path / "stand_in" / package / "__init__.py").write_text(code)
    path = os.pathsep.join([str(tmp_path / "stand_in"), os.environ.get("PYTHONPATH", "")])
    line = [sys.executable, "-m", "sign2gpt", *COMMANDS[command]]
    ended = subprocess.run(line, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("error: ")
    assert ended.stderr.count(told) == 1
