"""The house: which room may import which, and what importing a room may cost."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "sign2gpt"
MAY_IMPORT = {
    "common": set(),
    "video": {"common"},
    "signing": {"common", "video"},
    "data": {"common", "video"},
    "model": {"common"},
    "metrics": {"common"},
    "training": {"common", "video", "data", "model", "metrics"},
    "inference": {"common", "video", "data", "model"},
    "evaluation": {"common", "video", "data", "metrics", "inference"},
    "app": {"common", "video", "signing", "inference", "evaluation"},
}
EVERY_ROOM = {*MAY_IMPORT, "recipe", "cli"}


def imports(path: Path) -> set[str]:
    """Dotted names under ``sign2gpt`` that a file imports, at any depth of its code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return {name.removeprefix("sign2gpt.") for name in found if name.startswith("sign2gpt.")}


def room(name: str) -> str:
    return name.split(".")[0]


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_arrows_point_one_way(path: Path) -> None:
    own = room(str(path.relative_to(SOURCE).with_suffix("")).replace("/", "."))
    used = {name for name in imports(path) if room(name) in EVERY_ROOM and room(name) != own}
    if own in MAY_IMPORT:
        assert {room(name) for name in used} <= MAY_IMPORT[own]
    elif own == "recipe":
        assert all(room(name) == "common" or name.split(".")[1] == "config" for name in used)
    else:
        assert own in ("cli", "__init__", "__main__")


@pytest.mark.parametrize("module", ["recipe", "cli.main", "signing.clips", "data.writer", "metrics.scores"])
def test_light_modules_do_not_load_torch(module: str) -> None:
    code = f"import sys, sign2gpt.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; from sign2gpt.cli import main; sys.argv = ['sign2gpt', '--help']\n"
        "try: main.main()\n"
        "except SystemExit: pass\n"
        "sys.exit(any(heavy in sys.modules for heavy in ('torch', 'transformers', 'av', 'matplotlib', 'sacrebleu')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "translate" in done.stdout


def test_a_translation_loads_nothing_that_it_does_not_use() -> None:
    heavy = ("timm", "torchvision", "transformers", "accelerate", "sympy", "torch._dynamo", "matplotlib", "sacrebleu")
    code = (
        "import sys; from sign2gpt.cli import main; sys.argv = ['sign2gpt', 'translate', 'demo', '--json']\n"
        "try: main.main()\n"
        "except SystemExit: pass\n"
        f"sys.exit([name for name in {heavy} if name in sys.modules] or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.stdout.startswith("[")
    assert done.returncode == 0, done.stderr


def test_files_and_functions_stay_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    assert statistics.median(lengths.values()) < 150
    assert {str(path) for path, lines in lengths.items() if lines > 400} == set()
    long = {
        f"{path}:{node.name}"
        for path in files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno >= 100
    }
    assert long == set()
