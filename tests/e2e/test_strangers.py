"""Recipes, runs and language models of strangers run no code, whatever they name; also with the oldest libraries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import worlds
import yaml

from sign2gpt.common.errors import UserError
from sign2gpt.recipe import load

BUILDERS = """
from pathlib import Path
Path({mark!r}).write_text("ran")
class Theirs: ...
"""
Start = Callable[..., subprocess.CompletedProcess[str]]


class Evil:
    """As a pickle it leaves a file behind when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {self.mark}",))


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """What is there once a stranger's code has run."""
    return tmp_path / "ran"


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """A command of ours without a network, as a user starts it."""

    def made(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sign2gpt", *map(str, words)]
        around = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub"), "HOME": str(tmp_path)}
        return subprocess.run(command, capture_output=True, text=True, env=around, check=False, input="y\n" * 9)

    return made


@pytest.fixture
def run(world: Path, tmp_path: Path) -> Path:
    """A stranger's run, a translation training's, without sums: a stranger would write those that fit."""
    copy = Path(shutil.copytree(world / "translate", tmp_path / "run"))
    (copy / "SHA256SUMS").unlink()
    return copy


def refused(ended: subprocess.CompletedProcess[str], *told: str) -> None:
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.count("error: ") == 1, ended.stderr
    assert all(part in ended.stderr for part in told), ended.stderr


def change_recipe(path: Path, key: str, **values: object) -> None:
    recipe = yaml.safe_load(path.read_text())
    recipe["model"][key] |= values
    path.write_text(yaml.safe_dump(recipe))


def change_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_recipe_hands_timm_no_files(start: Start, world: Path, tmp_path: Path, ran: Path) -> None:
    evil = tmp_path / "evil.pth"
    torch.save(Evil(ran), evil)
    recipe = worlds.write_recipe(tmp_path, f"data.corpus={world}/corpus")
    change_recipe(recipe, "spatial", backbone_args={"checkpoint_path": str(evil)})
    refused(start("validate", recipe), "unknown key model.spatial.backbone_args.checkpoint_path")
    assert not ran.exists()


@pytest.mark.parametrize("key", ["pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "cache_dir", "scriptable"])
def test_arguments_that_are_no_sizes_rates_or_switches_are_refused(key: str) -> None:
    with pytest.raises(UserError, match=f"unknown key model.spatial.backbone_args.{key} "):
        load("demo", [f"model.spatial.backbone_args={{{key}: x}}"])


def test_a_runs_recipe_hands_timm_no_files(start: Start, world: Path, run: Path, tmp_path: Path, ran: Path) -> None:
    evil = tmp_path / "evil.pth"
    torch.save(Evil(ran), evil)
    change_recipe(run / "recipe.yaml", "spatial", backbone_args={"checkpoint_path": str(evil)})
    refused(start("translate", run, world / "corpus" / "dev" / "dev0.mp4"), "checkpoint_path")
    assert not ran.exists()


@pytest.mark.parametrize("name", ["hf-hub:their/model", "local-dir:/tmp", "https://x.example/y", "../backbone", ""])
def test_a_backbone_is_a_name_of_timms(name: str) -> None:
    with pytest.raises(UserError, match="must be the name of a timm model"):
        load("demo", [f"model.spatial.backbone='{name}'"])


def test_weights_that_a_run_names_run_no_code(start: Start, run: Path, world: Path, tmp_path: Path, ran: Path) -> None:
    evil = tmp_path / "evil.pth"
    torch.save({"model": Evil(ran)}, evil)
    change_recipe(run / "recipe.yaml", "spatial", weights=str(evil), train="frozen")
    references = {"backbone": {"name": str(evil), "sha256": "0"}}
    change_json(run / "run.json", references=references)
    refused(start("translate", run, world / "corpus" / "dev" / "dev0.mp4"), "evil.pth", "never run")
    assert not ran.exists()


def test_pickled_weights_of_a_language_model_run_no_code(start: Start, world: Path, tmp_path: Path, ran: Path) -> None:
    folder = Path(shutil.copytree(world / "language_model", tmp_path / "theirs"))
    (folder / "model.safetensors").unlink()
    torch.save(Evil(ran), folder / "pytorch_model.bin")
    refused(start("convert", folder, tmp_path / "out"), "pytorch_model.bin", "never run")
    assert not ran.exists()


THEIR_CODE = {
    "auto_map": {
        "AutoConfig": "theirs.Theirs",
        "AutoModelForCausalLM": "theirs.Theirs",
        "AutoTokenizer": "theirs.Theirs",
    },
    "_name_or_path": "their/model",
    "attn_implementation": "their/kernel",
    "_attn_implementation": "their/kernel",
    "experts_implementation": "their/kernel",
    "use_kernels": True,
    "quantization_config": {"quant_method": "theirs", "modules": "theirs.Theirs"},
}


def test_a_language_models_code_is_never_loaded(start: Start, tmp_path: Path, ran: Path) -> None:
    from families import write_family

    write_family(tmp_path / "theirs", "gpt2")
    (tmp_path / "theirs" / "theirs.py").write_text(BUILDERS.format(mark=str(ran)))
    change_json(tmp_path / "theirs" / "config.json", **THEIR_CODE)
    from sign2gpt.model.language.causal_lm import drawn_model
    from sign2gpt.model.language.language_model import read_sizes

    model = drawn_model(read_sizes(str(tmp_path / "theirs")))
    assert model.config._attn_implementation in ("eager", "sdpa")
    assert type(model).__module__.startswith("transformers.")
    assert not ran.exists()


def test_an_older_tokenizers_code_is_never_loaded(tmp_path: Path, ran: Path) -> None:
    from families import write_bytes, write_family

    from sign2gpt.model.language.tokenizer import Tokenizer

    folder = tmp_path / "theirs"
    write_family(folder, "gpt2")
    write_bytes(folder, ["rot blau", "gelb"])
    known = Tokenizer.open(folder).encode(["rot blau"])[0].tolist()
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges))
    (folder / "tokenizer.json").unlink()
    (folder / "theirs.py").write_text(BUILDERS.format(mark=str(ran)))
    code = {"auto_map": {"AutoTokenizer": ["theirs.Theirs", "theirs.Theirs"]}, "vocab_file": "/etc/passwd"}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer", **code}))
    change_json(folder / "config.json", **THEIR_CODE)
    assert Tokenizer.open(folder).encode(["rot blau"])[0].tolist() == known
    assert not ran.exists()
