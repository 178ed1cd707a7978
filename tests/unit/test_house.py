"""The house: which room may import which, what importing a room costs, and how long its files and functions are."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "sign2gpt"
MAY_IMPORT = {
    "common": set[str](),
    "video": {"common"},
    "signing": {"common", "video"},
    "data": {"common", "video"},
    "metrics": {"common"},
    "model": {"common"},
    "training": {"common", "video", "data", "model", "metrics"},
    "systems": {"common", "video", "data", "model", "metrics", "training"},
    "inference": {"common", "video", "data", "model", "systems"},
    "evaluation": {"common", "video", "data", "metrics", "inference"},
    "app": {"common", "video", "signing", "inference", "evaluation"},
}
JOINING = {"pipeline", "demo"}
"""Modules that join rooms, lazily; `cli` and `app` call them."""
EVERY_ROOM = {*MAY_IMPORT, *JOINING, "recipe", "cli"}
LONGEST_FILE, LONGEST_FUNCTION, SHORT_FILE = 350, 60, 40

BY_NAME = {"cli.convert"}
"""Who imports one system by its name: the command that converts that system's published checkpoints."""


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    """``data.corpus`` for a file, ``data`` for the ``__init__`` of a folder."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, typing: bool = True) -> Iterator[str]:
    """Dotted names under ``sign2gpt`` that a file imports, at any depth of its code; the bare package as ''.

    Args:
        typing: also what it imports for types alone.
    """
    skipped = set() if typing else {inner for node in tree(path).body if for_types(node) for inner in ast.walk(node)}
    for node in ast.walk(tree(path)):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name.removeprefix("sign2gpt").removeprefix(".") for name in node.names if ours(name.name))
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            if ours(node.module or ""):
                module = (node.module or "").removeprefix("sign2gpt").removeprefix(".")
                yield from (f"{module}.{name.name}".removeprefix(".") for name in node.names)


def for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def ours(name: str) -> bool:
    return name.split(".")[0] == "sign2gpt"


def room(name: str) -> str:
    return name.split(".")[0]


def part(name: str) -> str:
    """A sub-room, or a file of a room outside of its sub-rooms."""
    return ".".join(name.split(".")[:2])


def forbidden(path: Path) -> set[str]:
    """What a file imports although its room may not."""
    own, used = room(name_of(path)), set(imports(path))
    if own in MAY_IMPORT:
        return {f"{name_of(path)} -> {room(name)}" for name in used if room(name) not in MAY_IMPORT[own] | {own}}
    if own == "recipe":
        allowed = {name for name in used if room(name) in ("common", "systems") or name.split(".")[1] == "config"}
    elif own in JOINING:
        allowed = {name for name in used if room(name) not in ("cli", "app")}
    else:
        allowed = used if own in ("cli", "__init__", "__main__") else set()
    return {f"{name_of(path)} -> {room(name)}" for name in used - allowed}


def test_arrows_point_one_way() -> None:
    assert set[str]().union(*map(forbidden, files())) == set()


def test_nothing_imports_the_bare_package() -> None:
    bare = [name_of(path) for path in files() for name in imports(path) if room(name) not in EVERY_ROOM]
    assert bare == []


def test_sub_rooms_have_no_cycles() -> None:
    graphs: dict[str, dict[str, set[str]]] = {}
    for path in files():
        own = name_of(path)
        used = {part(name) for name in imports(path, typing=False) if room(name) == room(own)}
        graphs.setdefault(room(own), {}).setdefault(part(own), set()).update(used - {part(own)})
    found = [names for graph in graphs.values() for names in knots(graph)]
    assert found == []


def knots(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """Groups of nodes that reach each other."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        reached[start], waiting = set(), [start]
        while waiting:
            for name in graph.get(waiting.pop(), set()) - reached[start]:
                reached[start].add(name)
                waiting.append(name)
    groups = {frozenset({a, *(b for b in reached[a] if a in reached.get(b, set()))}) for a in graph}
    return {group for group in groups if len(group) > 1}


def test_a_system_is_imported_by_nobody_outside() -> None:
    found = set()
    for path in files():
        own = name_of(path)
        for name in imports(path):
            system = part(name)
            inside = (SOURCE / system.replace(".", "/")).is_dir() and room(name) == "systems"
            if inside and own != "systems" and part(own) != system:
                found.add(own)
    assert found - BY_NAME == set()


def test_private_names_are_not_imported() -> None:
    found = {
        f"{name_of(path)}: {name}"
        for path in files()
        for name in imports(path)
        if any(word.startswith("_") and not word.startswith("__") for word in name.split("."))
    }
    assert found == set()


def test_a_class_name_is_used_once() -> None:
    names = Counter(node.name for path in files() for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))
    found = {name for name, count in names.items() if count > 1 and not name.startswith("_")}
    assert found == set()


def test_files_and_functions_stay_short() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    lengths = {name: lines for name, lines in lengths.items() if lines}
    long = {name for name, lines in lengths.items() if lines > LONGEST_FILE}
    long |= {
        f"{name_of(path)}.{node.name}"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno + 1 >= LONGEST_FUNCTION
    }
    assert long == set()
    assert 80 <= statistics.median(lengths.values()) <= 200
    short = sum(lines < SHORT_FILE for lines in lengths.values())
    assert short <= len(lengths) / 7


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    "module", ["recipe", "pipeline", "demo", "cli.main", "signing.clips", "data.writer", "metrics.scores"]
)
def test_light_modules_do_not_load_torch(module: str) -> None:
    assert run(f"import sys, sign2gpt.{module}; sys.exit('torch' in sys.modules)").returncode == 0


def test_config_files_do_not_load_torch() -> None:
    configs = ", ".join(f"sign2gpt.{name_of(path)}" for path in files() if path.stem == "config")
    assert run(f"import sys, {configs}; sys.exit('torch' in sys.modules)").returncode == 0


def run_command(*words: str) -> str:
    """Code that runs a command, then what follows it."""
    return (
        f"import sys; from sign2gpt.cli import main; sys.argv = ['sign2gpt', *{words}]\n"
        "try: main.main()\n"
        "except SystemExit: pass\n"
    )


def test_help_loads_no_heavy_library() -> None:
    heavy = ("torch", "transformers", "av", "matplotlib", "sacrebleu")
    done = run(run_command("--help") + f"sys.exit(any(name in sys.modules for name in {heavy}))")
    assert done.returncode == 0, done.stderr
    assert "translate" in done.stdout


def test_a_translation_loads_nothing_that_it_does_not_use() -> None:
    heavy = ("timm", "torchvision", "transformers", "sympy", "torch._dynamo", "matplotlib", "sacrebleu")
    done = run(
        run_command("translate", "demo", "--json") + f"sys.exit([name for name in {heavy} if name in sys.modules] or 0)"
    )
    assert done.stdout.startswith("[")
    assert done.returncode == 0, done.stderr
