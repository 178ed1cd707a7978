"""`sign2gpt doctor`: what this machine has, and what is missing."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2gpt.cli.options import JsonOption, emit
from sign2gpt.common.installation import broken

if TYPE_CHECKING:
    from rich.console import Group

BROKEN = (ImportError, OSError, RuntimeError, ValueError)
"""What a damaged package raises, or one made for another version of its dependencies."""
HEAVY = ("torch", "torchvision", "av", "timm", "transformers")


def doctor(as_json: JsonOption = False) -> None:
    """Check this installation: versions, devices, disk, extras and weights.

    The exit code is 2 if something that every command needs does not work.
    """
    from sign2gpt.common.errors import Problems
    from sign2gpt.common.installation import base
    from sign2gpt.common.progress import track
    from sign2gpt.common.version import __version__

    packages = base()
    problems = Problems("this installation")
    problems.extend(f"{package.problem}; needs {package.needed}" for package in packages if not package.fits)
    for name in track(HEAVY, "importing"):
        _try(f"import {name}", lambda name=name: importlib.import_module(name), problems)
    if not problems.found:
        _try("write a clip", _write_a_clip, problems)
        _try("translate the example", _translate_the_example, problems)
    document = {
        "sign2gpt": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {package.name: package.found for package in packages},
        "ffmpeg": _ffmpeg(),
        "devices": _devices(),
        "disk": _disk(),
        "extras": _extras(),
        "weights": {} if problems.found else _weights(),
        "problems": problems.found,
    }
    emit(document, _shown(document), as_json)
    problems.raise_if_any()


def _try(what: str, works: Callable[[], object], problems: Any) -> None:
    try:
        works()
    except BROKEN as error:
        problem = broken(error) or f"cannot {what}: {str(error).partition(chr(10))[0] or type(error).__name__}"
        if problem not in problems.found:  # one package breaks those that import it
            problems.add(problem)


def _write_a_clip() -> None:
    import numpy as np

    from sign2gpt.video.encode import write_clip

    with tempfile.TemporaryDirectory() as folder:
        write_clip(Path(folder) / "clip.mp4", np.zeros((2, 32, 32, 3), np.uint8), 25)


def _translate_the_example() -> None:
    from sign2gpt.inference.translator import Translator, shipped_examples

    Translator.from_pretrained("demo", "cpu").translate(shipped_examples()[0])


def _ffmpeg() -> str | None:
    try:
        import av
    except BROKEN:
        return None
    return str(av.ffmpeg_version_info)


def _devices() -> list[dict[str, Any]]:
    """The CPU, and each GPU that torch sees; memory in GB."""
    from sign2gpt.common.engine import cores

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    cpu = {"device": "cpu", "name": platform.machine(), "cores": cores(), "memory_gb": memory and _gb(memory)}
    try:
        import torch
    except BROKEN:
        return [cpu]
    gpus = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [cpu] + [
        {"device": f"cuda:{index}", "name": gpu.name, "cuda": torch.version.cuda, "memory_gb": _gb(gpu.total_memory)}
        for index, gpu in enumerate(gpus)
    ]


def _disk() -> dict[str, dict[str, Any]]:
    """Free space where weights are kept and where the command runs."""
    from huggingface_hub.constants import HF_HOME

    free: dict[str, dict[str, Any]] = {}
    for name, folder in (("HF_HOME", Path(HF_HOME)), ("here", Path.cwd())):
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        free[name] = {"folder": str(folder), "free_gb": _gb(shutil.disk_usage(there).free)}
    return free


def _extras() -> dict[str, dict[str, Any]]:
    from sign2gpt.common.installation import extras, installing

    return {
        name: {"missing": [each.problem for each in packages if not each.fits], "install": installing(name)}
        for name, packages in extras().items()
    }


def _weights() -> dict[str, dict[str, Any]]:
    """The published weights that bundled recipes name: whether they are here, and which recipes read them."""
    from sign2gpt.recipe import load, shipped

    cached = _cached()
    found: dict[str, dict[str, Any]] = {}
    for recipe in shipped():
        for name in _named_weights(load(recipe)):
            where = name if Path(name).exists() else cached.get(name)
            found.setdefault(name, {"where": where, "recipes": []})["recipes"].append(recipe)
    return found


def _named_weights(recipe: Any) -> list[str]:
    """Files and hub names of weights that a recipe starts from and does not make itself."""
    import timm

    from sign2gpt.model.config import FROM_TIMM

    names = [*recipe.model.published_weights, recipe.data.vectors.file]
    found: list[str] = []
    for name in names:
        backbone = str(name).removeprefix(f"{FROM_TIMM}/")
        if name and backbone != name:
            settings = timm.get_pretrained_cfg(backbone)
            found.append(settings.hf_hub_id if settings and settings.hf_hub_id else name)
        elif name and name != recipe.lm.output:
            found.append(name)
    return found


def _cached() -> dict[str, str]:
    """Folders of the hub's cache that contain weights, by name."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repos = scan_cache_dir().repos
    except CacheNotFound:
        return {}
    return {
        repo.repo_id: str(repo.repo_path)
        for repo in repos
        if any(file.file_path.suffix in (".safetensors", ".bin") for each in repo.revisions for file in each.files)
    }


def _shown(document: dict[str, Any]) -> Group:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    table = Table("what", "found", "", box=None)
    for key in ("sign2gpt", "python", "system"):
        table.add_row(key, document[key])
    for name, version in document["packages"].items():
        table.add_row(name, version or "[bold]absent[/bold]")
    table.add_row("FFmpeg", document["ffmpeg"] or "[bold]absent[/bold]", "through PyAV")
    for device in document["devices"]:
        more = f"{device['cores']} cores" if "cores" in device else f"CUDA {device['cuda']}"
        table.add_row(device["device"], f"{device['memory_gb']} GB", f"{device['name']}, {more}")
    for name, disk in document["disk"].items():
        table.add_row(f"disk: {name}", f"{disk['free_gb']} GB free", escape(disk["folder"]))
    for name, extra in document["extras"].items():
        missing = ", ".join(extra["missing"])
        table.add_row(f"extra: {name}", missing or "there", escape(extra["install"]) if missing else "")
    for name, weights in document["weights"].items():
        read = f"read by {len(weights['recipes'])} recipe" + "s" * (len(weights["recipes"]) > 1)
        table.add_row(f"weights: {Path(name).name}", "there" if weights["where"] else "absent", read)
    if document["problems"]:
        return Group(table)
    works = "Everything that all commands need works. Extras and weights are for some; see docs/weights.md for weights."
    return Group(table, "", works)


def _gb(count: int) -> float:
    return round(count / 1e9, 1)
