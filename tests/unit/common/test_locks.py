"""A folder is one command's alone, and a kill frees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.common.locks import locked

HOLDER = """
import sys
from pathlib import Path
from sign2gpt.common.locks import locked

with locked(Path(sys.argv[1]), Path(sys.argv[1]) / ".lock"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_who_was_killed_holds_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="another command writes here"), locked(tmp_path, tmp_path / ".lock"):
            pass
        holder.kill()
    assert (tmp_path / ".lock").exists()
    with locked(tmp_path, tmp_path / ".lock"):
        pass
    assert not (tmp_path / ".lock").exists()
