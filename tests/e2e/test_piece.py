"""A command that runs by the piece, on a machine that is bare each time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from worlds import write_recipe, write_world

SCRIPT = Path(__file__).parents[2] / "tools" / "piece.py"
COUNT = """
import pathlib, sys
n = pathlib.Path("kept/n")
n.parent.mkdir(exist_ok=True)
n.write_text(str(int(n.read_text() if n.exists() else 0) + 1))
pathlib.Path("left").write_text("behind")
sys.exit(int(sys.argv[1]))
"""


def piece(folder: Path, state: Path, keep: list[str], command: list[str], minutes: float = 1) -> tuple[int, str]:
    """Runs a piece in ``folder``; its code and what it says on stderr."""
    kept = [word for name in keep for word in ("--keep", name)]
    words = [sys.executable, str(SCRIPT), "--state", str(state), "--minutes", str(minutes), *kept, "--", *command]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stderr


def test_a_piece_goes_on_where_the_last_one_ended_whatever_its_code(tmp_path: Path):
    for number, code in enumerate((3, 0), start=1):
        machine = tmp_path / f"machine{number}"
        machine.mkdir()
        assert (
            piece(machine, tmp_path / "state", ["kept", "absent"], [sys.executable, "-c", COUNT, str(code)])[0] == code
        )
        assert (machine / "kept" / "n").read_text() == str(number)
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["part000"]


def test_a_large_state_is_many_small_files_and_comes_back(tmp_path: Path):
    content = os.urandom(33_000_000)
    for number in (1, 2):
        (tmp_path / f"machine{number}").mkdir()
    (tmp_path / "machine1" / "big").write_bytes(content)
    assert piece(tmp_path / "machine1", tmp_path / "state", ["big"], ["true"])[0] == 0
    parts = sorted((tmp_path / "state").iterdir())
    assert [part.name for part in parts] == ["part000", "part001", "part002"]
    assert max(part.stat().st_size for part in parts) < 16_000_000
    parts[1].rename(tmp_path / "aside")
    code, told = piece(tmp_path / "machine2", tmp_path / "state", ["big"], ["true"])
    assert (code, told.count("\n")) == (2, 1), told
    assert "missing or damaged" in told
    (tmp_path / "aside").rename(parts[1])
    assert piece(tmp_path / "machine2", tmp_path / "state", ["big"], ["true"])[0] == 0
    assert (tmp_path / "machine2" / "big").read_bytes() == content


def test_what_lies_elsewhere_is_not_kept(tmp_path: Path):
    code, told = piece(tmp_path, tmp_path / "state", ["../other"], ["true"])
    assert (code, "--keep" in told) == (2, True)


@pytest.mark.slow
def test_a_training_by_the_piece_ends_with_the_bits_of_one_in_a_go(tmp_path: Path):
    whole = tmp_path / "whole"
    write_world(whole)
    recipe = write_recipe(whole, "pretrain.save_minutes=0", "pretrain.output=run", f"data.corpus={whole / 'corpus'}")
    command = [str(Path(sys.executable).with_name("sign2gpt")), "pretrain", str(recipe)]
    subprocess.run(command, cwd=whole, check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    codes: list[int] = []
    for number in range(10):
        machine = tmp_path / f"machine{number}"
        machine.mkdir()
        code, told = piece(machine, tmp_path / "state", ["run"], command, minutes=0.02 * 2**number)
        codes.append(code)
        if code != 75:
            assert code == 0, told
            assert (machine / "run" / "model.safetensors").read_bytes() == (
                whole / "run" / "model.safetensors"
            ).read_bytes()
            break
        shutil.rmtree(machine)
    assert codes[0] == 75
    assert codes[-1] == 0
