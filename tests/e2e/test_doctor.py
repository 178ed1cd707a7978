"""`sign2gpt doctor` on this machine, on one that lacks something, and the shell's completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from sign2gpt.cli.main import COMMANDS, main
from sign2gpt.common.installation import SETS, extras, installing


def outcome(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, dict, str]:
    monkeypatch.setattr(sys, "argv", ["sign2gpt", "doctor", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), json.loads(printed.out), printed.err


def hub_cache(folder: Path, name: str) -> Path:
    """A file of weights in the layout of the hub's cache."""
    repo = folder / "hub" / f"models--{name.replace('/', '--')}"
    blob, snapshot = repo / "blobs" / "0", repo / "snapshots" / "abc"
    for place in (blob.parent, snapshot, repo / "refs"):
        place.mkdir(parents=True)
    blob.write_bytes(b"weights")
    (snapshot / "model.safetensors").symlink_to(blob)
    (repo / "refs" / "main").write_text("abc")
    return snapshot


def test_what_the_base_needs_works_here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, found, _ = outcome(capsys, monkeypatch)
    assert (code, found["problems"]) == (0, [])
    assert found["packages"]["torch"] == metadata.version("torch")
    assert found["devices"][0]["cores"] >= 1
    assert all(disk["free_gb"] > 0 for disk in found["disk"].values())
    assert found["weights"]["facebook/xglm-1.7B"]["recipes"]
    missing = {name for name, extra in found["extras"].items() if extra["missing"]}
    assert missing <= {name for name, packages in extras().items() if not all(package.fits for package in packages)}


@pytest.mark.slow
def test_the_hubs_cache_and_files_here_are_seen(tmp_path: Path) -> None:
    hub_cache(tmp_path / "home", "facebook/xglm-1.7B")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "cc.de.300.bin").touch()
    command = [sys.executable, "-m", "sign2gpt", "doctor", "--json"]
    place = os.environ | {"HF_HOME": str(tmp_path / "home")}
    found = json.loads(subprocess.run(command, cwd=tmp_path, env=place, check=True, capture_output=True).stdout)
    there = {name for name, weights in found["weights"].items() if weights["where"]}
    assert there == {"facebook/xglm-1.7B", "weights/cc.de.300.bin"}
    assert found["disk"]["HF_HOME"]["folder"] == str(tmp_path / "home")


@pytest.mark.slow
def test_a_package_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "av.py").write_text("raise ImportError('libavcodec.so.62: cannot open shared object file')")
    place = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "sign2gpt", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, env=place, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "error: this installation: cannot import av: libavcodec.so.62" in done.stderr


def test_every_extra_has_its_line() -> None:
    known = set(metadata.metadata("sign2gpt").get_all("Provides-Extra") or ()) - set(SETS)
    assert set(extras()) == known
    assert installing("glosses") == "pip install 'sign2gpt[glosses]'"
    assert {package.name.lower() for package in extras()["glosses"]} == {"hanta", "jieba"}


def test_the_shell_completes_commands_and_loads_nothing_for_it(tmp_path: Path) -> None:
    place = os.environ | {"HOME": str(tmp_path)}
    program = "import sys; sys.argv = ['sign2gpt', *sys.argv[1:]]; from sign2gpt.cli.main import main; main()"
    asked = {"_SIGN2GPT_COMPLETE": "complete_bash", "COMP_WORDS": "sign2gpt tr", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=place | asked, check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) == {name for names in COMMANDS.values() for name in names if name.startswith("tr")}
    told = place | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # or it is the shell that tests run in
    subprocess.run([sys.executable, "-c", program, "--install-completion", "bash"], env=told, check=True)
    assert "_SIGN2GPT_COMPLETE" in (tmp_path / ".bash_completions" / "sign2gpt.sh").read_text()
